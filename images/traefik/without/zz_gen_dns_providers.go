// Package dns takes the place of the list of all DNS providers: this build has none.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName knows no provider.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("this build of Traefik has no DNS providers, so not %q: use the TLS or the HTTP challenge", name)
}
