package computetest_test

import (
	"testing"

	"github.com/cria-llm/cria/compute"
	"github.com/cria-llm/cria/compute/computetest"
)

func TestPlainConforms(t *testing.T) {
	computetest.Run(t, func(testing.TB) compute.Backend { return computetest.Plain() })
	computetest.RunThreads(t, func(testing.TB, int) compute.Backend { return computetest.Plain() })
}
