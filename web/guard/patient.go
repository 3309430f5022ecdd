package guard

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// patience is how long a client may send nothing. An upload as a whole may take
// as long as it takes.
const patience = time.Minute

// errCut ends a body whose sender came again on another connection.
var errCut = errors.New("the sender came again on another connection")

// PatientBody is the body of an upload, whose sender may pause but not vanish.
type PatientBody struct {
	body    io.ReadCloser
	control *http.ResponseController

	mu  sync.Mutex
	cut bool
}

// Patient bounds how long the sender of a body may send nothing.
func Patient(w http.ResponseWriter, body io.ReadCloser) *PatientBody {
	return &PatientBody{body: body, control: http.NewResponseController(w)}
}

// Read waits for as long as patience lasts, and anew with every piece. After
// the last one the deadline is lifted, since it would end the request.
func (p *PatientBody) Read(b []byte) (int, error) {
	if err := p.expect(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	n, err := p.body.Read(b)
	if err != nil {
		_ = p.expect(time.Time{}) // not supported, cut, or the connection is gone
	}
	return n, err
}

func (p *PatientBody) expect(deadline time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		return errCut
	}
	if err := p.control.SetReadDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// Cut ends a read that waits, and every later one. It may be called while
// another goroutine reads.
func (p *PatientBody) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	_ = p.control.SetReadDeadline(time.Unix(1, 0)) // not supported: the reader ends by itself
}

// Close closes the body.
func (p *PatientBody) Close() error { return p.body.Close() }
