// Package hub brings models and datasets from a Hugging Face-compatible hub into the cache that all such tools share, and
// finds what is there.
//
//	c, err := hub.FromEnvironment()
//	ref, err := hub.ParseRef(hub.Model, "HuggingFaceTB/SmolLM2-135M")
//	got, err := c.Pull(ctx, ref, hub.PullOptions{}, hub.Silent{})   // over the network
//	path, err := hub.Locate(ref)                                    // from the cache alone
//
// # What is asked of a hub
//
//	GET  /api/models/ID/revision/REV?blobs=true    commit and files; datasets likewise
//	HEAD /ID/resolve/COMMIT/FILE                   X-Repo-Commit, X-Linked-ETag or ETag, X-Linked-Size or Content-Length
//	GET  /ID/resolve/COMMIT/FILE                   the bytes, perhaps after a redirect to another host
//
// # What it never does
//
// It never opens a connection unless [Client.Pull] is called: a model that is not in the cache is an error that says how to
// get it. It never sends the token to another host than the hub's. It never takes a file for whole whose size and hash are
// not what the hub said, and never writes outside the cache, whatever the hub calls its files. It fetches no pickles for a
// model: to read one is to run its code.
package hub
