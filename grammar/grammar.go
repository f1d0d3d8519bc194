// Package grammar compiles a subset of JSON schema into an automaton over bytes, and that into the tokens a model may write
// next, so that what it writes is always a JSON value that fits the schema. It knows nothing of models.
package grammar
