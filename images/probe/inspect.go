package main

import (
	"fmt"
	"os"
)

// env NAME prints an environment variable of the container; read FILE prints a file.
func init() {
	commands["env"] = func(arguments []string) error {
		value, found := os.LookupEnv(arguments[0])
		if !found {
			return fmt.Errorf("%s is not set", arguments[0])
		}
		fmt.Print(value)
		return nil
	}
	commands["read"] = func(arguments []string) error {
		content, err := os.ReadFile(arguments[0])
		fmt.Print(string(content))
		return err
	}
}
