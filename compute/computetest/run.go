package computetest

import (
	"testing"

	"github.com/cria-llm/cria/compute"
)

// Run holds the backends that open opens to the interface, one subtest per operation, each with a backend of its
// own, which Run closes.
func Run(t *testing.T, open func(testing.TB) compute.Backend) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { c.run(newSuite(t, open(t))) })
	}
	t.Run("SameBitsAgain", func(t *testing.T) { sameBitsAgain(t, open) })
}

// RunThreads holds the backends that open opens with 1, 2, 3 and 5 threads to the same bits for every operation.
func RunThreads(t *testing.T, open func(tb testing.TB, threads int) compute.Backend) {
	sameBitsThreads(t, open)
}

// check is what the suite asks of one operation.
type check struct {
	name string
	run  func(*suite)
}

func checks() []check {
	return []check{
		{"Memory", checkMemory},
		{"NewWeight", checkNewWeight},
		{"MatMul", checkMatMul},
		{"MatMulBackInput", checkMatMulBackInput},
		{"MatMulBackWeight", checkMatMulBackWeight},
		{"MatMulSums", checkMatMulSums},
		{"MatMulBackInputSums", checkMatMulBackInputSums},
		{"MatMulBackWeights", checkMatMulBackWeights},
		{"MatMulEveryPattern", checkMatMulPatterns},
		{"MatMulNonFinite", checkMatMulNonFinite},
		{"MatMulRowsAlone", checkMatMulRowsAlone},
		{"Repack", checkRepack},
		{"Nested", checkNested},
		{"RMSNorm", checkRMSNorm},
		{"RMSNormBack", checkRMSNormBack},
		{"LayerNorm", checkLayerNorm},
		{"LayerNormBack", checkLayerNormBack},
		{"Gate", checkGate},
		{"GateBack", checkGateBack},
		{"Rope", checkRope},
		{"Dropout", checkDropout},
		{"AddNoise", checkAddNoise},
		{"Axpy", checkAxpy},
		{"Scale", checkScale},
		{"SoftCap", checkSoftCap},
		{"AddRow", checkAddRow},
		{"CopyColumns", checkCopyColumns},
		{"ScaleColumns", checkScaleColumns},
		{"ScaleColumnsBack", checkScaleColumnsBack},
		{"InverseNorms", checkInverseNorms},
		{"Embed", checkEmbed},
		{"ScatterEmbedBack", checkScatter},
		{"Gather", checkGather},
		{"Attention", checkAttention},
		{"AttentionBack", checkAttentionBack},
		{"AttentionSlope", checkAttentionSlope},
		{"AttentionExtremes", checkAttentionExtremes},
		{"AttentionNonFinite", checkAttentionNonFinite},
		{"AttentionNeverLeaks", checkAttentionNeverLeaks},
		{"CrossEntropy", checkCrossEntropy},
		{"CrossEntropySlope", checkCrossEntropySlope},
		{"CrossEntropyRows", checkCrossEntropyRows},
		{"AdamW", checkAdamW},
		{"AdamW8", checkAdamW8},
		{"Lion", checkLion},
		{"Adafactor", checkAdafactor},
		{"SumSquares", checkSumSquares},
		{"NoRows", checkNoRows},
		{"LongerBuffers", checkLongerBuffers},
	}
}
