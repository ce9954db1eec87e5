// The registry with the storage that the one beside the cluster uses.
// Upstream's program has those of the cloud providers as well, whose SDKs are half of what is compiled.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if registry.RootCmd.Execute() != nil {
		os.Exit(1)
	}
}
