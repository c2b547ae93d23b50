// Loads Compose files as `docker compose -f FILE -f FILE config` does, by the same library, and prints the project as JSON:
// compose FILE...  Relative paths are those of the first file's folder.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:], cli.WithOsEnv, cli.WithDotEnv, cli.WithInterpolation(true),
		cli.WithResolvedPaths(true), cli.WithNormalization(true), cli.WithConsistency(true))
	if err == nil {
		err = printProject(options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func printProject(options *cli.ProjectOptions) error {
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
