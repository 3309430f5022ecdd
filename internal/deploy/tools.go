package deploy

import (
	"time"

	"slipway/internal/deploy/ssh"
	"slipway/internal/dml"
	"slipway/internal/seal"
)

// Tools are what the methods by machine work with.
type Tools struct {
	Box      *seal.Box     // of keys and other secrets
	Media    *dml.Service  // where the bytes come from
	Patience ssh.Patience  // with hosts; ssh.Patient when zero
	URL      string        // Slipway's own, as other deployers reach it
	Retry    time.Duration // before a lost host is tried again; 5 s when zero
	Least    time.Duration // that a command may take whatever was planned; 10 min when zero
}

// Equip gives the service its tools, and with them the methods by machine.
func (s *Service) Equip(t Tools) {
	if t.Patience == (ssh.Patience{}) {
		t.Patience = ssh.Patient
	}
	if t.Retry == 0 {
		t.Retry = 5 * time.Second
	}
	if t.Least == 0 {
		t.Least = 10 * time.Minute
	}
	s.tools = t
}
