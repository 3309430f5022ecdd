package oci

import (
	"context"
	"io"
	"iter"
	"os"
	"sync"

	"cuelabs.dev/go/oci/ociregistry"
	"github.com/labstack/echo/v4"

	"slipway/internal/dml"
	"slipway/internal/dml/blob"
	"slipway/internal/fault"
)

// backend is the library as ociserver wants to see it, for one request's actor.
// What it does not name is refused as unsupported.
type backend struct {
	*ociregistry.Funcs
	registry *dml.Registry
	chunked  bool   // the request says where its bytes belong
	failed   *error // why bytes were not taken, which ociserver does not pass on
}

func digest(d ociregistry.Digest) blob.Digest { return blob.Digest(d) }

func describe(c *dml.Content) ociregistry.Descriptor {
	return ociregistry.Descriptor{MediaType: c.MediaType, Digest: ociregistry.Digest(c.Digest), Size: c.Size, ArtifactType: c.ArtifactType, Annotations: c.Annotations}
}

type reader struct {
	io.ReadCloser
	content *dml.Content
}

// WriteTo has the kernel send a whole file, where that is what is read, and
// sends in larger pieces than io.Copy would otherwise.
func (r reader) WriteTo(w io.Writer) (int64, error) {
	if answer, ok := w.(*echo.Response); ok {
		_, whole := r.ReadCloser.(*os.File)
		if direct, can := answer.Writer.(io.ReaderFrom); whole && can {
			n, err := direct.ReadFrom(r.ReadCloser)
			answer.Size += n
			return n, err
		}
	}
	buffer := pieces.Get().(*[]byte)
	defer pieces.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r.ReadCloser}, *buffer)
}

var pieces = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// Descriptor describes the whole, also where a part is read.
func (r reader) Descriptor() ociregistry.Descriptor { return describe(r.content) }

func (b backend) open(ctx context.Context, c *dml.Content, err error, offset, length int64) (ociregistry.BlobReader, error) {
	if err != nil {
		return nil, err
	}
	body, err := b.registry.Open(ctx, c, offset, length)
	if err != nil {
		return nil, err
	}
	return reader{body, c}, nil
}

// GetBlob reads a blob.
func (b backend) GetBlob(ctx context.Context, repo string, d ociregistry.Digest) (ociregistry.BlobReader, error) {
	c, err := b.registry.Stat(ctx, repo, digest(d), false)
	return b.open(ctx, c, err, 0, 0)
}

// GetBlobRange reads from one offset up to another.
func (b backend) GetBlobRange(ctx context.Context, repo string, d ociregistry.Digest, from, to int64) (ociregistry.BlobReader, error) {
	c, err := b.registry.Stat(ctx, repo, digest(d), false)
	if err != nil {
		return nil, err
	}
	if to < 0 || to > c.Size {
		to = c.Size
	}
	if from >= to {
		return nil, errRange
	}
	return b.open(ctx, c, nil, from, to-from)
}

// GetManifest reads a manifest by its digest.
func (b backend) GetManifest(ctx context.Context, repo string, d ociregistry.Digest) (ociregistry.BlobReader, error) {
	c, err := b.registry.Stat(ctx, repo, digest(d), true)
	return b.open(ctx, c, err, 0, 0)
}

// GetTag reads a manifest by its tag.
func (b backend) GetTag(ctx context.Context, repo, tag string) (ociregistry.BlobReader, error) {
	c, err := b.registry.Resolve(ctx, repo, tag)
	return b.open(ctx, c, err, 0, 0)
}

func resolved(c *dml.Content, err error) (ociregistry.Descriptor, error) {
	if err != nil {
		return ociregistry.Descriptor{}, err
	}
	return describe(c), nil
}

// ResolveBlob describes a blob.
func (b backend) ResolveBlob(ctx context.Context, repo string, d ociregistry.Digest) (ociregistry.Descriptor, error) {
	return resolved(b.registry.Stat(ctx, repo, digest(d), false))
}

// ResolveManifest describes a manifest.
func (b backend) ResolveManifest(ctx context.Context, repo string, d ociregistry.Digest) (ociregistry.Descriptor, error) {
	return resolved(b.registry.Stat(ctx, repo, digest(d), true))
}

// ResolveTag describes the manifest behind a tag.
func (b backend) ResolveTag(ctx context.Context, repo, tag string) (ociregistry.Descriptor, error) {
	return resolved(b.registry.Resolve(ctx, repo, tag))
}

// PushBlob takes a blob in one request.
func (b backend) PushBlob(ctx context.Context, repo string, desc ociregistry.Descriptor, body io.Reader) (ociregistry.Descriptor, error) {
	p, err := b.registry.Begin(ctx, repo, desc.Size)
	if err != nil {
		return desc, err
	}
	if _, err := io.Copy(p, body); err != nil {
		p.Close()
		return desc, err
	}
	desc.Size, err = p.Commit(ctx, digest(desc.Digest))
	return desc, err
}

// PushBlobChunked begins a blob that comes in several requests.
func (b backend) PushBlobChunked(ctx context.Context, repo string, _ int) (ociregistry.BlobWriter, error) {
	p, err := b.registry.Begin(ctx, repo, blob.Unknown)
	if err != nil {
		return nil, err
	}
	return &writer{p, ctx, b.failed}, nil
}

// PushBlobChunkedResume goes on with one. ociserver says offset 0 also where
// the client said nothing; only a stated offset is held against what came.
func (b backend) PushBlobChunkedResume(ctx context.Context, repo, id string, offset int64, _ int) (ociregistry.BlobWriter, error) {
	if !b.chunked {
		offset = -1
	}
	p, err := b.registry.Resume(ctx, repo, id, offset)
	if err != nil {
		return nil, err
	}
	return &writer{p, ctx, b.failed}, nil
}

type writer struct {
	*dml.Pushing
	ctx    context.Context
	failed *error
}

// Size is how many bytes were taken.
func (w *writer) Size() int64 { return w.Offset() }

// ChunkSize asks for no minimum.
func (w *writer) ChunkSize() int { return 0 }

// Commit stores the blob.
func (w *writer) Commit(d ociregistry.Digest) (ociregistry.Descriptor, error) {
	size, err := w.Pushing.Commit(w.ctx, digest(d))
	return ociregistry.Descriptor{MediaType: "application/octet-stream", Digest: d, Size: size}, err
}

// ReadFrom takes all that the client sends.
func (w *writer) ReadFrom(r io.Reader) (int64, error) {
	n, err := w.Pushing.ReadFrom(r)
	if fault.KindOf(err) != fault.Internal {
		*w.failed = err
	}
	return n, err
}

// Cancel is never called by ociserver; the sweeper drops what nobody finishes.
func (w *writer) Cancel() error { return w.Close() }

// MountBlob shows a blob of another repository.
func (b backend) MountBlob(ctx context.Context, from, to string, d ociregistry.Digest) (ociregistry.Descriptor, error) {
	size, err := b.registry.Mount(ctx, from, to, digest(d))
	return ociregistry.Descriptor{MediaType: "application/octet-stream", Digest: d, Size: size}, err
}

// PushManifest takes a manifest.
func (b backend) PushManifest(ctx context.Context, repo, tag string, contents []byte, mediaType string) (ociregistry.Descriptor, error) {
	return resolved(b.registry.Push(ctx, repo, tag, mediaType, contents))
}

// DeleteBlob takes a blob out of quarantine.
func (b backend) DeleteBlob(ctx context.Context, repo string, d ociregistry.Digest) error {
	return b.registry.Delete(ctx, repo, digest(d), false)
}

// DeleteManifest takes a manifest out of quarantine.
func (b backend) DeleteManifest(ctx context.Context, repo string, d ociregistry.Digest) error {
	return b.registry.Delete(ctx, repo, digest(d), true)
}

// DeleteTag takes a name away.
func (b backend) DeleteTag(ctx context.Context, repo, tag string) error {
	return b.registry.Untag(ctx, repo, tag)
}

// Repositories lists what the actor may read.
func (b backend) Repositories(ctx context.Context, after string) iter.Seq2[string, error] {
	return pages(after, func(after string) ([]string, error) { return b.registry.Repositories(ctx, after, pageSize) })
}

// Tags lists the names in a repository.
func (b backend) Tags(ctx context.Context, repo, after string) iter.Seq2[string, error] {
	return pages(after, func(after string) ([]string, error) { return b.registry.Tags(ctx, repo, after, pageSize) })
}

// pageSize is how many names are read from the library at once.
const pageSize = 500

func pages(after string, read func(after string) ([]string, error)) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for {
			list, err := read(after)
			if err != nil {
				yield("", err)
				return
			}
			for _, name := range list {
				if !yield(name, nil) {
					return
				}
			}
			if len(list) < pageSize {
				return
			}
			after = list[len(list)-1]
		}
	}
}

// Referrers lists what refers to a digest.
func (b backend) Referrers(ctx context.Context, repo string, d ociregistry.Digest, artifactType string) iter.Seq2[ociregistry.Descriptor, error] {
	return func(yield func(ociregistry.Descriptor, error) bool) {
		list, err := b.registry.Referrers(ctx, repo, digest(d), artifactType)
		if err != nil {
			yield(ociregistry.Descriptor{}, err)
			return
		}
		for i := range list {
			if !yield(describe(&list[i]), nil) {
				return
			}
		}
	}
}
