package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cria-llm/cria/internal/filelock"
)

// fetched tells of a file that lies in the cache whole.
type fetched struct {
	sha256  string
	resumed int64 // bytes that were there from an earlier try
}

// fetch brings a blob into the cache, or goes on with what is there of it. Only one process does at a time.
func (c *Client) fetch(ctx context.Context, r Ref, d folder, f file, revision string, obs Observer) (fetched, error) {
	unlock, err := filelock.Lock(ctx, d.lock(f.etag))
	if err != nil {
		return fetched{}, err
	}
	defer unlock()
	if d.size(f.etag) == f.size {
		sum := f.etag
		if !sha256Form.MatchString(sum) {
			if sum, err = fileSHA256(d.blob(f.etag)); err != nil {
				return fetched{}, err
			}
		}
		obs.Moved(f.name, f.size)
		return fetched{sha256: sum}, nil
	}
	if err := os.MkdirAll(filepath.Dir(d.blob(f.etag)), 0o777); err != nil {
		return fetched{}, err
	}
	p, err := openPart(d, f, obs)
	if err != nil {
		return fetched{}, err
	}
	resumed := p.n
	p.address = c.fileAddress(r, revision, f.name)
	err = c.fill(ctx, p)
	if err == nil {
		err = p.finish()
	}
	err = errors.Join(err, p.disk.Close())
	if err == nil {
		err = os.Rename(incomplete(p.blob), p.blob)
	}
	if err != nil {
		return fetched{}, fmt.Errorf("fetch %s of %s: %w", f.name, r.ID, interrupted(ctx, err))
	}
	_ = os.Remove(origin(p.blob)) // of no more use, and of no harm
	return fetched{sha256: hex.EncodeToString(p.sum.Sum(nil)), resumed: min(resumed, p.kept)}, nil
}

// part is a blob that is being fetched.
type part struct {
	file
	address string
	blob    string // where it goes when it is whole
	disk    *os.File
	obs     Observer

	n      int64 // bytes on the disk, of which the hashes are
	kept   int64 // of them, the most that an earlier try can have left
	most   int64 // of n ever: what comes again after a restart is no progress
	sum    hash.Hash
	git    hash.Hash // Git's: of the size and the bytes
	plain  hash.Hash // some mirrors name small files by their SHA-1
	origin string    // the ETag of the server that the bytes came from; "" where it is not known
}

// openPart reads what is there of a blob.
func openPart(d folder, f file, obs Observer) (*part, error) {
	p := &part{file: f, blob: d.blob(f.etag), obs: obs}
	var err error
	if p.disk, err = os.OpenFile(incomplete(p.blob), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, err
	}
	p.reset()
	if info, err := p.disk.Stat(); err != nil || info.Size() > f.size {
		return p, errors.Join(err, p.restart())
	}
	p.n, err = io.Copy(io.MultiWriter(p.sum, p.git, p.plain), p.disk)
	if err != nil {
		return nil, errors.Join(err, p.disk.Close())
	}
	if b, err := os.ReadFile(origin(p.blob)); err == nil {
		p.origin = string(b)
	}
	p.kept, p.most = p.n, p.n
	obs.Moved(f.name, p.n)
	return p, nil
}

func (p *part) reset() {
	p.sum, p.git, p.plain = sha256.New(), sha1.New(), sha1.New()
	fmt.Fprintf(p.git, "blob %d\x00", p.size)
}

// restart throws away what is there.
func (p *part) restart() error {
	if err := p.disk.Truncate(0); err != nil {
		return err
	}
	if _, err := p.disk.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p.obs.Moved(p.name, -p.n)
	p.n, p.kept, p.origin = 0, 0, ""
	p.reset()
	return nil
}

// fill fetches what is missing, with as many requests as it takes, and once more from the start where what was resumed turns
// out to be of another file.
func (c *Client) fill(ctx context.Context, p *part) error {
	for again := false; ; again = true {
		first := p.n
		if err := c.persist(ctx, p.obs.Noted, func() (bool, error) { return c.pour(ctx, p) }); err != nil {
			return err
		}
		problem := p.check()
		if problem == "" {
			return nil
		}
		if again || first == 0 {
			return errors.Join(fmt.Errorf("what came is not what the hub said: %s: it was thrown away", problem), p.restart())
		}
		p.obs.Noted(p.name + ": what an earlier try left is of another file: it is fetched from the start")
		if err := p.restart(); err != nil {
			return err
		}
	}
}

// pour makes one request for what is missing, and says whether any of it came.
func (c *Client) pour(ctx context.Context, p *part) (progress bool, err error) {
	if p.n == p.size {
		return false, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	header := make(http.Header)
	if p.n > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", p.n))
		if p.origin != "" {
			header.Set("If-Range", p.origin)
		}
	}
	a, err := c.send(ctx, http.MethodGet, p.address, header, true)
	if err != nil {
		return false, err
	}
	defer a.Body.Close()
	switch a.StatusCode {
	case http.StatusOK:
		if p.n > 0 {
			if err := p.restart(); err != nil {
				return false, &faultError{err}
			}
		}
		err = p.announced(a.ContentLength)
	case http.StatusPartialContent:
		err = p.continues(a)
	case http.StatusRequestedRangeNotSatisfiable:
		if p.n == 0 {
			return false, fault("the hub has no beginning of the file: %w", failed(a))
		}
		// The server's file is shorter than what is here: it is another.
		if err := p.restart(); err != nil {
			return false, &faultError{err}
		}
		return false, failed416(a)
	default:
		return false, failed(a)
	}
	if err != nil {
		return false, err
	}
	if err := p.remember(a.Header.Get("ETag")); err != nil {
		return false, &faultError{err}
	}
	return c.copy(p, a.Body, cancel)
}

// failed416 is an error that a further try, from the start, may mend.
func failed416(a *answer) error {
	return fmt.Errorf("%s has no such range", plainAddress(a.Request.URL))
}

// announced holds the length of an answer to the size that the hub said.
func (p *part) announced(length int64) error {
	if length >= 0 && length != p.size-p.n {
		return fault("the hub said %d bytes, and now %d: it is not fetched", p.size, p.n+length)
	}
	return nil
}

// continues checks that an answer goes on where the part ends.
func (p *part) continues(a *answer) error {
	v := a.Header.Get("Content-Range")
	from, total, _ := strings.Cut(strings.TrimPrefix(v, "bytes "), "/")
	from, _, _ = strings.Cut(from, "-")
	if at, err := strconv.ParseInt(from, 10, 64); err != nil || at != p.n {
		return fault("asked for what follows byte %d, it sends %.60q", p.n, v)
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && n != p.size {
		return fault("the hub said %d bytes, and now %d: it is not fetched", p.size, n)
	}
	return p.announced(a.ContentLength)
}

// remember notes the version that the server sends, for a later try. A weak one says nothing of bytes.
func (p *part) remember(etag string) error {
	if strings.HasPrefix(etag, "W/") {
		etag = ""
	}
	if etag == p.origin {
		return nil
	}
	p.origin = etag
	return os.WriteFile(origin(p.blob), []byte(etag), 0o666)
}

// copy takes bytes to the disk, until the body ends, brings none for too long, or brings more than it should.
func (c *Client) copy(p *part, body io.Reader, cancel context.CancelCauseFunc) (progress bool, err error) {
	stalled := fmt.Errorf("nothing came for %s", c.stall)
	watch := time.AfterFunc(c.stall, func() { cancel(stalled) })
	defer watch.Stop()
	buf := make([]byte, 256<<10)
	for p.n < p.size {
		n, err := body.Read(buf)
		watch.Reset(c.stall)
		if int64(n) > p.size-p.n {
			return progress, fault("more comes than the %d bytes that the hub said", p.size)
		}
		if n > 0 {
			if _, err := p.disk.Write(buf[:n]); err != nil {
				return progress, &faultError{err}
			}
			for _, h := range []hash.Hash{p.sum, p.git, p.plain} {
				h.Write(buf[:n])
			}
			p.n += int64(n)
			p.obs.Moved(p.name, int64(n))
			progress = progress || p.n > p.most
			p.most = max(p.most, p.n)
		}
		switch {
		case p.n == p.size:
			return progress, nil
		case errors.Is(err, io.EOF):
			return progress, fmt.Errorf("it ends after %d of %d bytes: %w", p.n, p.size, io.ErrUnexpectedEOF)
		case err != nil:
			return progress, err
		}
	}
	return progress, nil
}

// check says what is wrong with the bytes of a whole part; "" where they are what the hub said.
func (p *part) check() string {
	hexOf := func(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
	switch {
	case sha256Form.MatchString(p.etag):
		if got := hexOf(p.sum); got != p.etag {
			return fmt.Sprintf("SHA-256 %s, want %s", got, p.etag)
		}
	case sha1Form.MatchString(p.etag):
		if got := hexOf(p.git); got != p.etag && hexOf(p.plain) != p.etag {
			return fmt.Sprintf("Git hash %s, want %s", got, p.etag)
		}
	default:
		p.obs.Noted(p.name + ": the hub gave no hash of it: only its size was checked")
	}
	return ""
}

// finish brings the bytes to the disk, so that a blob that is there is whole after a power cut, too.
func (p *part) finish() error { return p.disk.Sync() }

func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
