// Package sshtest is hosts for tests: SSH servers on loopback that can be told
// to misbehave.
package sshtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Host is one host. Its home is a folder; its commands run in it, as whoever
// runs the test.
type Host struct {
	Home string
	Port int64

	mu     sync.Mutex
	config *ssh.ServerConfig
	key    ssh.Signer
	takes  []string // public keys that may log in
	conns  map[net.Conn]bool
	path   string // PATH of its commands
	full   bool
	mute   bool
	deaf   bool
	runs   int
}

// New starts a host that lets the public keys in.
func New(t testing.TB, takes ...string) *Host {
	t.Helper()
	h := &Host{Home: t.TempDir(), takes: takes, conns: map[net.Conn]bool{}, path: os.Getenv("PATH")}
	h.Rekey(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.Port = int64(listener.Addr().(*net.TCPAddr).Port)
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { h.serve(conn) })
		}
	})
	t.Cleanup(func() { listener.Close(); h.Drop(); served.Wait() })
	return h
}

// Rekey gives the host another key.
func (h *Host) Rekey(t testing.TB) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h.UseKey(t, private)
}

// UseKey gives the host a certain key.
func (h *Host) UseKey(t testing.TB, private any) {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		for _, one := range h.taken() {
			if known, _, _, _, err := ssh.ParseAuthorizedKey([]byte(one)); err == nil && string(known.Marshal()) == string(key.Marshal()) {
				return nil, nil
			}
		}
		return nil, errors.New("unknown key")
	}}
	config.AddHostKey(signer)
	h.set(func() { h.config, h.key = config, signer })
}

// Key is the host's public key.
func (h *Host) Key() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.key.PublicKey())))
}

func (h *Host) set(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fn()
}

func (h *Host) taken() (list []string) {
	h.set(func() { list = h.takes })
	return list
}

// Takes lets other public keys in, and no more those from before.
func (h *Host) Takes(keys ...string) { h.set(func() { h.takes = keys }) }

// Full fills the disk.
func (h *Host) Full(full bool) { h.set(func() { h.full = full }) }

// Mute lets the host accept connections and say nothing.
func (h *Host) Mute(mute bool) { h.set(func() { h.mute = mute }) }

// Deaf lets the host answer no request from now on.
func (h *Host) Deaf(deaf bool) { h.set(func() { h.deaf = deaf }) }

// Path is where the host looks for programs.
func (h *Host) Path(path string) { h.set(func() { h.path = path }) }

// Runs is how many commands it was told to run.
func (h *Host) Runs() (n int) {
	h.set(func() { n = h.runs })
	return n
}

// Drop breaks every connection off; what runs goes on.
func (h *Host) Drop() {
	h.set(func() {
		for conn := range h.conns {
			conn.Close()
		}
	})
}

func (h *Host) serve(wire net.Conn) {
	var config *ssh.ServerConfig
	var mute bool
	h.set(func() { h.conns[wire], config, mute = true, h.config, h.mute })
	defer func() { wire.Close(); h.set(func() { delete(h.conns, wire) }) }()
	if mute {
		_, _ = io.Copy(io.Discard, wire)
		return
	}
	conn, channels, requests, err := ssh.NewServerConn(wire, config)
	if err != nil {
		return
	}
	defer conn.Close()
	go h.answer(requests, func(*ssh.Request) bool { return true })
	var open sync.WaitGroup
	for incoming := range channels {
		channel, requests, err := incoming.Accept()
		if err != nil {
			break
		}
		open.Go(func() { h.session(channel, requests) })
	}
	open.Wait()
}

func (h *Host) answer(requests <-chan *ssh.Request, take func(*ssh.Request) bool) {
	for request := range requests {
		var deaf bool
		h.set(func() { deaf = h.deaf })
		if ok := !deaf && take(request); request.WantReply && !deaf {
			_ = request.Reply(ok, nil)
		}
	}
}

func (h *Host) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	var work sync.WaitGroup
	h.answer(requests, func(request *ssh.Request) bool {
		var payload struct{ Text string }
		_ = ssh.Unmarshal(request.Payload, &payload)
		switch {
		case request.Type == "exec":
			work.Go(func() { h.run(channel, payload.Text) })
		case request.Type == "subsystem" && payload.Text == "sftp":
			work.Go(func() { h.files(channel) })
		default:
			return false
		}
		return true
	})
	work.Wait()
}

// run runs a line as sshd does: by a shell that leads a process group of its
// own, through pipes that break when the connection does.
func (h *Host) run(channel ssh.Channel, line string) {
	defer channel.Close()
	cmd := exec.Command("/bin/sh", "-c", line)
	h.set(func() {
		h.runs++
		cmd.Env = []string{"PATH=" + h.path, "HOME=" + h.Home}
	})
	cmd.Dir, cmd.SysProcAttr = h.Home, &syscall.SysProcAttr{Setsid: true}
	code := uint32(255)
	r, w, err := os.Pipe()
	if err == nil {
		cmd.Stdout, cmd.Stderr = w, w
		err = cmd.Start()
		w.Close()
	}
	if err == nil {
		if _, broken := io.Copy(channel, r); broken != nil {
			r.Close()
		}
		_ = cmd.Wait()
		code = uint32(cmd.ProcessState.ExitCode())
	}
	r.Close()
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
}

func (h *Host) files(channel ssh.Channel) {
	defer channel.Close()
	var full bool
	h.set(func() { full = h.full })
	if full {
		server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: noRoom{}, FilePut: noRoom{}, FileCmd: noRoom{}, FileList: noRoom{}})
		_ = server.Serve()
		return
	}
	server, err := sftp.NewServer(channel, sftp.WithServerWorkingDirectory(h.Home))
	if err == nil {
		_ = server.Serve()
	}
}
