package infer

import (
	"github.com/cria-llm/cria/adapter"
	"github.com/cria-llm/cria/model"
)

// GGUFNames is what llama.cpp calls a model's linear layers, for an adapter's file.
func GGUFNames(m *model.Model) adapter.GGUFNames {
	arch, layers := m.GGUFLinears()
	names := adapter.GGUFNames{Arch: arch, Layers: make(map[string]adapter.GGUFLayer, len(layers)), FanInFanOut: m.FanInFanOut()}
	for name, l := range layers {
		names.Layers[name] = adapter.GGUFLayer(l)
	}
	return names
}

// loadAdapter reads the adapter at a path, for the model: a folder, or the file of one in GGUF. It returns what to call it.
func loadAdapter(m *model.Model, named string) (a *adapter.Adapter, path string, err error) {
	if exists(named) && !isFolder(named) {
		a, err = adapter.LoadGGUF(named, GGUFNames(m))
		return a, named, err
	}
	dir, err := adapter.Folder(named)
	if err != nil {
		return nil, "", err
	}
	a, err = adapter.Load(dir)
	return a, dir, err
}
