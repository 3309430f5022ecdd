package dml

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Clamd is a Scanner that asks a ClamAV daemon over its stream protocol.
type Clamd struct{ network, address string }

// NewClamd takes the daemon's address: host:port, or the path of its socket.
func NewClamd(address string) *Clamd {
	if strings.HasPrefix(address, "/") {
		return &Clamd{"unix", address}
	}
	return &Clamd{"tcp", address}
}

// Name is the scanner as a check names it.
func (*Clamd) Name() string { return "ClamAV" }

const (
	clamdPiece = 128 << 10
	clamdIdle  = time.Minute // for one piece or the verdict, however long the file
)

// ErrNotLookedAt says that a scanner looks at nothing so large: neither a verdict
// nor a failure.
var ErrNotLookedAt = errors.New("larger than the scanner looks at")

// Scan sends the stream in pieces and reads the verdict.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) (string, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := conn.Write([]byte("zINSTREAM\x00")); err != nil {
		return "", err
	}
	sent := sendPieces(conn, r)
	// A daemon that will not take all of it says so, and stops listening.
	if err := conn.SetDeadline(time.Now().Add(clamdIdle)); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(io.LimitReader(conn, 4096))
	if text := strings.TrimRight(string(answer), "\x00\n"); text != "" {
		return verdictOf(text)
	}
	return "", cmp.Or(sent, err, io.ErrUnexpectedEOF)
}

func sendPieces(conn net.Conn, r io.Reader) error {
	buffer := make([]byte, 4+clamdPiece)
	for {
		n, err := io.ReadFull(r, buffer[4:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		last := err != nil
		if err := conn.SetDeadline(time.Now().Add(clamdIdle)); err != nil {
			return err
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n))
			if _, err := conn.Write(buffer[:4+n]); err != nil {
				return err
			}
		}
		if last { // a piece of no length ends the stream
			_, err := conn.Write([]byte{0, 0, 0, 0})
			return err
		}
	}
}

func verdictOf(answer string) (string, error) {
	text := strings.TrimSpace(strings.TrimPrefix(answer, "stream:"))
	if strings.HasPrefix(text, "Heuristics.Limits.Exceeded") || strings.HasPrefix(text, "INSTREAM size limit exceeded") {
		return "", ErrNotLookedAt
	}
	if name, found := strings.CutSuffix(text, " FOUND"); found {
		return name, nil
	}
	if text == "OK" {
		return "", nil
	}
	return "", fmt.Errorf("clamd answered %q", answer)
}
