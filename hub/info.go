package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// maxInfo bounds the list of a repository's files. The longest known are of a few megabytes.
const maxInfo = 64 << 20

// info is what a repository holds at a revision.
type info struct {
	Commit string `json:"sha"`
	Files  []struct {
		Name string `json:"rfilename"`
		Size *int64 `json:"size"`
		Blob string `json:"blobId"`
		LFS  *struct {
			SHA256 string `json:"sha256"`
			Size   *int64 `json:"size"`
		} `json:"lfs"`
	} `json:"siblings"`
}

// commitForm is what may name the folder of a snapshot.
var commitForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$`)

func (c *Client) info(ctx context.Context, r Ref, note func(string)) (*info, error) {
	address := c.Endpoint + "/api/" + r.Kind.plural() + "/" + r.ID
	body, err := c.get(ctx, address+"/revision/"+url.PathEscape(r.revision())+"?blobs=true", maxInfo, note)
	var status *statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound && status.reason == "" && r.revision() == DefaultRevision {
		body, err = c.get(ctx, address+"?blobs=true", maxInfo, note) // some mirrors have no revisions
	}
	if err != nil {
		return nil, c.explain(r, err)
	}
	var in info
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("%s does not speak as a Hugging Face hub does: %w", c.Endpoint, err)
	}
	if in.Commit != "" && !commitForm.MatchString(in.Commit) {
		return nil, fmt.Errorf("%s: the hub names the commit %.80q, which is no hash", r.ID, in.Commit)
	}
	if len(in.Files) == 0 {
		return nil, fmt.Errorf("%s at %s: the hub lists no files", r.ID, r.revision())
	}
	if err := checkNames(in.names()); err != nil {
		return nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	return &in, nil
}

func (in *info) names() []string {
	list := make([]string, len(in.Files))
	for i, f := range in.Files {
		list[i] = f.Name
	}
	return list
}

// file is one file of a repository, as the hub tells of it before the bytes come.
type file struct {
	name string
	size int64
	etag string // names the blob: a SHA-256 for large files, Git's hash of the blob for others
}

var (
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
	sha1Form   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	etagForm   = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,127}$`)
)

func (c *Client) fileAddress(r Ref, revision, name string) string {
	prefix := ""
	if r.Kind == Dataset {
		prefix = "datasets/"
	}
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return c.Endpoint + "/" + prefix + r.ID + "/resolve/" + url.PathEscape(revision) + "/" + strings.Join(parts, "/")
}

// head asks for what the hub says of a file, and fills in the commit where the list of files did not say it.
func (c *Client) head(ctx context.Context, r Ref, in *info, name string, note func(string)) (f file, commit string, err error) {
	revision := in.Commit
	if revision == "" {
		revision = r.revision()
	}
	err = c.persist(ctx, note, func() (bool, error) {
		a, err := c.send(ctx, http.MethodHead, c.fileAddress(r, revision, name), nil, false)
		if err != nil {
			return false, err
		}
		defer a.Body.Close()
		if _, err := io.Copy(io.Discard, io.LimitReader(a.Body, 1<<16)); err != nil {
			return false, err
		}
		// Some mirrors answer no HEAD: then what the list says must do.
		if none := a.StatusCode == http.StatusMethodNotAllowed || a.StatusCode == http.StatusNotImplemented; !none && (a.StatusCode >= 400 || a.StatusCode < 200) {
			return false, failed(a)
		}
		f, commit, err = in.described(a, name)
		return false, err
	})
	var status *statusError
	if errors.As(err, &status) && (status.reason == "EntryNotFound" || status.code == http.StatusNotFound) {
		return f, "", fmt.Errorf("%s: the hub lists the file %s but does not have it", r.ID, name)
	}
	if err != nil {
		return f, "", c.explain(r, err)
	}
	return f, commit, in.agrees(r, f, commit)
}

// described reads the headers that tell of a file, and takes from the list what they leave out, as those of some mirrors do.
func (in *info) described(a *answer, name string) (file, string, error) {
	f := file{name: name, size: -1}
	size, hash, large := in.listed(name)
	plain := ""
	if a.StatusCode < 400 {
		plain = bareETag(a.Header.Get("ETag"))
	}
	if large { // the ETag of whoever has the bytes says nothing of them
		plain = ""
	}
	for _, etag := range []string{bareETag(a.hub.Get("X-Linked-Etag")), plain, hash} {
		if f.etag == "" {
			f.etag = etag
		}
	}
	if !etagForm.MatchString(f.etag) {
		return f, "", fault("the hub gives no hash to check %s by: its ETag is %.80q", name, f.etag)
	}
	said := a.hub.Get("X-Linked-Size")
	if said == "" && a.StatusCode == http.StatusOK {
		said = a.Header.Get("Content-Length")
	}
	if said != "" {
		n, err := strconv.ParseInt(said, 10, 64)
		if err != nil || n < 0 {
			return f, "", fault("the hub says that %s has %.40q bytes", name, said)
		}
		size = n
	}
	if size < 0 {
		return f, "", fault("the hub does not say how large %s is", name)
	}
	f.size = size
	return f, a.hub.Get("X-Repo-Commit"), nil
}

// listed is what the list of files says of one: -1 and "" where it does not, and whether it is stored as a large file.
func (in *info) listed(name string) (size int64, hash string, large bool) {
	size = -1
	for _, x := range in.Files {
		if x.Name != name {
			continue
		}
		if x.Size != nil {
			size = *x.Size
		}
		hash = x.Blob
		if x.LFS != nil {
			if x.LFS.Size != nil {
				size = *x.LFS.Size
			}
			hash, large = x.LFS.SHA256, x.LFS.SHA256 != ""
		}
	}
	return max(size, -1), hash, large
}

// bareETag takes the quotes and the mark of a weak one off.
func bareETag(s string) string { return strings.Trim(strings.TrimPrefix(s, "W/"), `"`) }

// agrees holds what the hub said of a file to what it said in the list of files.
func (in *info) agrees(r Ref, f file, commit string) error {
	if commit != "" && in.Commit != "" && commit != in.Commit {
		return fmt.Errorf("%s: the hub gives %s of commit %.40s where %.40s was asked for", r.ID, f.name, commit, in.Commit)
	}
	size, hash, large := in.listed(f.name)
	if size >= 0 && size != f.size {
		return fmt.Errorf("%s: the hub contradicts itself on %s: %d bytes in its list, %d where the file is: nothing was fetched", r.ID, f.name, size, f.size)
	}
	if large && hash != f.etag {
		return fmt.Errorf("%s: the hub contradicts itself on the SHA-256 of %s: nothing was fetched", r.ID, f.name)
	}
	return nil
}

// extension is the end of a file's name that says its form, of two parts where it is compressed: .jsonl.gz.
func extension(name string) string {
	ext := path.Ext(name)
	if ext == ".gz" || ext == ".zst" {
		ext = path.Ext(strings.TrimSuffix(name, ext)) + ext
	}
	return strings.ToLower(ext)
}
