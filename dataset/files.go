package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cria-llm/cria/hub"
)

// Files are the files of rows that a path stands for, in the order in which they are read: a file for itself; a folder for
// those in it that are to be trained on; the id of a dataset that was pulled from a hub, org/name or org/name:SPLIT, for its
// own.
func Files(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return hub.Rows(path)
	case err == nil:
		return []string{path}, nil
	case !errors.Is(err, fs.ErrNotExist) || !hub.LooksLikeID(path):
		return nil, err // names the path
	}
	ref, err := hub.ParseRef(hub.Dataset, path)
	if err != nil {
		return nil, err
	}
	list, err := hub.LocateData(ref)
	if errors.As(err, new(*hub.NotPulledError)) {
		return nil, fmt.Errorf("%s: no such file or folder, and %w", path, err)
	}
	return list, err
}
