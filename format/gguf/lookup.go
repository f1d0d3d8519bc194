package gguf

import "fmt"

// Lookup reads the value of a key that may be absent: ok says whether the file has it. A value of another kind is
// an error that names the key.
func Lookup[T Readable](f *File, key string) (value T, ok bool, err error) {
	v, ok := f.Value(key)
	if !ok {
		return value, false, nil
	}
	value, err = As[T](v)
	if err != nil {
		return value, true, fmt.Errorf("metadata %s %w", key, err)
	}
	return value, true, nil
}

// Need reads the value of a key that the file must have.
func Need[T Readable](f *File, key string) (T, error) {
	value, ok, err := Lookup[T](f, key)
	if err == nil && !ok {
		err = fmt.Errorf("metadata has no %s", key)
	}
	return value, err
}

// have is Lookup where any reason not to have the value is the same.
func have[T Readable](f *File, key string) (T, bool) {
	value, ok, err := Lookup[T](f, key)
	return value, ok && err == nil
}

// Uint is a key's non-negative integer of any width, and whether it has one. The getters below do the same for
// other types; [Lookup] and [Need] tell an absent key from one of another kind.
func (f *File) Uint(key string) (uint64, bool) { return have[uint64](f, key) }

// Int is a key's integer of any width.
func (f *File) Int(key string) (int64, bool) { return have[int64](f, key) }

// Float is a key's number of any kind.
func (f *File) Float(key string) (float64, bool) { return have[float64](f, key) }

// Bool is a key's bool.
func (f *File) Bool(key string) (bool, bool) { return have[bool](f, key) }

// String is a key's string.
func (f *File) String(key string) (string, bool) { return have[string](f, key) }

// Strings is a key's array of strings. It is the file's own: do not change it.
func (f *File) Strings(key string) ([]string, bool) { return have[[]string](f, key) }

// Ints is a key's array of integers of any width.
func (f *File) Ints(key string) ([]int64, bool) { return have[[]int64](f, key) }

// Floats is a key's array of numbers of any kind.
func (f *File) Floats(key string) ([]float64, bool) { return have[[]float64](f, key) }
