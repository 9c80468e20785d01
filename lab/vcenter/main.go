// Command lab-vcenter is a practice vCenter; called as nbdkit it plays nbdkit's VDDK plugin against it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	if filepath.Base(os.Args[0]) == "nbdkit" {
		os.Exit(runWrapper(os.Args[1:]))
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lab-vcenter:", err)
		os.Exit(1)
	}
}

func run() error {
	var o Options
	var passwordFile string
	flag.StringVar(&o.Scenario, "scenario", "", "scenario JSON `file`")
	flag.StringVar(&o.Images, "images", "", "`directory` of the guest disk images")
	flag.StringVar(&o.State, "state", "", "`directory` below which everything is written")
	flag.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`address` of the vSphere API")
	flag.StringVar(&o.Control, "control", "127.0.0.1:0", "`address` of the control endpoint")
	flag.StringVar(&o.NBD, "nbd", "127.0.0.1:0", "`address` of the NBD server")
	flag.StringVar(&o.User, "user", "administrator@vsphere.local", "`name` of the one user")
	flag.IntVar(&o.OracleKept, "oracle-keep", 12, "`number` of newest snapshots a VM whose oracle copies stay; 0 = all")
	flag.BoolVar(&o.Fresh, "fresh", false, "build everything anew, whatever the state directory holds")
	flag.StringVar(&passwordFile, "password-file", "", "`file` with that user's password")
	flag.Parse()
	if o.Scenario == "" || o.State == "" || passwordFile == "" {
		return fmt.Errorf("-scenario, -state and -password-file are required")
	}
	raw, err := os.ReadFile(passwordFile)
	if err != nil {
		return err
	}
	if o.Password = strings.TrimRight(string(raw), "\r\n"); o.Password == "" {
		return fmt.Errorf("%s holds no password", passwordFile)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	running, err := start(o)
	if err != nil {
		return err
	}
	defer running.Close()
	if err := running.announce(o.State); err != nil {
		return err
	}
	<-signals
	return nil
}
