package deploy

import (
	"slipway/internal/deploy/ssh"
	"slipway/internal/dml"
	"slipway/internal/seal"
)

// Tools are what the methods by machine work with.
type Tools struct {
	Box      *seal.Box    // of keys and other secrets
	Media    *dml.Service // where the bytes come from
	Patience ssh.Patience // with hosts; ssh.Patient when zero
}

// Equip gives the service its tools, and with them the methods by machine.
func (s *Service) Equip(t Tools) {
	if t.Patience == (ssh.Patience{}) {
		t.Patience = ssh.Patient
	}
	s.tools = t
}
