package dml

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"

	"slipway/internal/fault"
)

// clamd is a daemon of the test's own that speaks the stream protocol and finds
// whatever holds the word EICAR.
func clamd(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			answerStream(conn)
		}
	}()
	return listener.Addr().String()
}

func answerStream(conn net.Conn) {
	defer conn.Close()
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(conn, command); err != nil || string(command) != "zINSTREAM\x00" {
		return
	}
	var all bytes.Buffer
	for {
		var size [4]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(size[:])
		if n == 0 {
			break
		}
		if _, err := io.CopyN(&all, conn, int64(n)); err != nil {
			return
		}
	}
	answer := "stream: OK\x00"
	if bytes.Contains(all.Bytes(), []byte("EICAR")) {
		answer = "stream: Eicar-Test-Signature FOUND\x00"
	}
	_, _ = conn.Write([]byte(answer))
}

func TestMalwareIsFoundOrSaidToBeUnknown(t *testing.T) {
	ctx := context.Background()
	l := newLibrary(t, WithScanner(NewClamd(clamd(t))))
	clean := l.receive(l.bruno, "1", strings.Repeat("clean ", 100_000))
	if clean.ChecksMet != 6 {
		t.Fatalf("%+v", clean)
	}
	evil := l.receive(l.bruno, "2", strings.Repeat("x", clamdPiece-2)+"EICAR")
	wantKind(t, l.Accept(ctx, l.cora, evil.ID, evil.Row.Version, Decision{}), fault.Refused, "Eicar-Test-Signature")

	away := newLibrary(t, WithScanner(NewClamd("127.0.0.1:1")))
	v := away.receive(away.bruno, "1", "x")
	if v.ChecksUnknown != 3 || // the malware, the bill of materials and the signature
		v.ChecksUnmet != 0 {
		t.Fatalf("a scanner that is away gave a verdict: %+v", v)
	}
}
