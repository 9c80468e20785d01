package main

import (
	"testing"
	"time"
)

// waitFor polls a fact that another goroutine brings about.
func waitFor(t *testing.T, fact func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if fact() {
			return
		}
	}
	t.Fatal("waited 10 s in vain")
}
