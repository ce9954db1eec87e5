// Takes the place of what builds images with BuildKit: the legacy builder of the engine is left.
package provider

import (
	"context"
	"errors"

	"github.com/docker/cli/cli/command"
	"github.com/docker/docker/client"
)

var errWithoutBuildx = errors.New("this build of the provider has no BuildKit")

type buildOptions struct{}

func canUseBuildx(context.Context, *client.Client) (bool, error) { return false, nil }

func mapBuildAttributesToBuildOptions(map[string]interface{}, string, command.Cli) (buildOptions, error) {
	return buildOptions{}, errWithoutBuildx
}

func runBuild(context.Context, command.Cli, buildOptions, string) error { return errWithoutBuildx }
