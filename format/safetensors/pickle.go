package safetensors

import (
	"bytes"
	"fmt"
	"strings"
)

// pickleWhy says why a PyTorch checkpoint is not opened, and what to do.
const pickleWhy = "is a Python pickle, which runs code of whoever made it when it is opened: take the checkpoint's .safetensors files, " +
	"which most repositories have, or convert it once on a machine that may run that code"

// isPickle says whether a file is by its name a PyTorch checkpoint, or the index of one's shards.
func isPickle(name string) bool {
	name = strings.TrimSuffix(name, ".index.json")
	for _, ext := range []string{".bin", ".pth", ".pt", ".ckpt", ".pkl"} {
		if strings.HasSuffix(name, ext) && name != "training_args"+ext {
			return true
		}
	}
	return false
}

// refusePickle is the error for bytes that are no safetensors file where they are a PyTorch checkpoint: a zip file, or a
// bare pickle of protocol 2 or later.
func refusePickle(data []byte) error {
	zip := bytes.HasPrefix(data, []byte("PK\x03\x04"))
	if zip || len(data) > 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5 {
		return fmt.Errorf("the file %s", pickleWhy)
	}
	return nil
}
