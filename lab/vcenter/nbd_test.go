package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// TestMain lets the test binary play the parts of the program: the lab itself and, by its name, nbdkit.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "nbdkit" || os.Getenv("LAB_TEST_RUN") == "1" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// wrapper is a directory with a link named nbdkit to this test binary.
func (r *rig) wrapper() string {
	r.t.Helper()
	self, err := os.Executable()
	must(r.t, err)
	path := filepath.Join(r.t.TempDir(), "nbdkit")
	must(r.t, os.Symlink(self, path))
	return path
}

type vddkArgs struct {
	password, thumbprint, user, vm, snapshot, file string
	options                                        []string
}

func (r *rig) vddkArgs(vm string, snap types.ManagedObjectReference, key int32) vddkArgs {
	return vddkArgs{
		password: testPassword, thumbprint: r.lab.Ready.ThumbprintSHA1, user: r.lab.Ready.User,
		vm: r.vm(vm).Reference().Value, snapshot: snap.Value, file: r.backing(snap, key).FileName, options: []string{"-r"},
	}
}

// run starts the wrapper as the product does, with the password on descriptor 3, and a command on its socket.
func (r *rig) run(a vddkArgs, command string) (stdout, stderr string, err error) {
	r.t.Helper()
	return r.runContext(r.ctx, a, command)
}

func (r *rig) runContext(ctx context.Context, a vddkArgs, command string) (stdout, stderr string, err error) {
	r.t.Helper()
	host, port, _ := strings.Cut(r.lab.Ready.Host, ":")
	args := append([]string{"-U", "-", "--exit-with-parent"}, a.options...)
	args = append(args, "--filter=log", "vddk", "libdir=/opt/vddk", "server="+host, "port="+port, "user="+a.user,
		"password=-3", "thumbprint="+a.thumbprint, "vm=moref="+a.vm, "transports=nbdssl", "file="+a.file, "logfile=/dev/null")
	if a.snapshot != "" {
		args = append(args, "snapshot="+a.snapshot)
	}
	args = append(args, "--run", command)
	cmd := exec.CommandContext(ctx, r.wrapper(), args...)
	reader, writer, pipeErr := os.Pipe()
	must(r.t, pipeErr)
	_, pipeErr = io.WriteString(writer, a.password)
	must(r.t, pipeErr)
	writer.Close()
	defer reader.Close()
	cmd.ExtraFiles = []*os.File{reader}
	var out, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &words
	err = cmd.Run()
	return out.String(), words.String(), err
}

func TestASnapshotCopiedThroughTheWrapperEqualsTheOracle(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	first := r.snapshot(vm, "first")
	r.write("pgtest1", 2000, 5<<20, bytes.Repeat([]byte{0x5a}, 200000))
	second := r.snapshot(vm, "second")
	r.post("/lab/churn", `{"vm":"pgtest1","bytes_per_second":8000000,"seed":3,"area":"all"}`)
	for _, snap := range []types.ManagedObjectReference{first, second} {
		out := filepath.Join(t.TempDir(), "copy.raw")
		_, stderr, err := r.run(r.vddkArgs("pgtest1", snap, 2000), "nbdcopy \"$uri\" "+out)
		if err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		got, err := os.ReadFile(out)
		must(t, err)
		if !bytes.Equal(got, r.oracle(snap, 2000)) {
			t.Fatal("the copy differs from the oracle")
		}
	}
}

func TestBlockStatusShowsHolesInGrains(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("pgtest1"), "s")
	out, stderr, err := r.run(r.vddkArgs("pgtest1", snap, 2000), `nbdinfo "$uri" && nbdinfo --map "$uri"`)
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	for _, wanted := range []string{
		"export-size: 8388608", "is_read_only: true", "block_size_minimum: 512",
		"         0      131072    0  data", "    131072     1966080    3  hole,zero",
		"   2097152      131072    0  data", "   2228224     6160384    3  hole,zero",
	} {
		if !strings.Contains(out, wanted) {
			t.Errorf("no %q in:\n%s", wanted, out)
		}
	}
}

func TestTheWrapperRefusesWhatVDDKWouldRefuse(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("pgtest1"), "s")
	good := r.vddkArgs("pgtest1", snap, 2000)
	cases := map[string]struct {
		change func(*vddkArgs)
		says   string
	}{
		"wrong password":    {func(a *vddkArgs) { a.password = "guess" }, "Cannot complete login due to an incorrect user name or password"},
		"wrong user":        {func(a *vddkArgs) { a.user = "nobody" }, "Cannot complete login due to an incorrect user name or password"},
		"wrong thumbprint":  {func(a *vddkArgs) { a.thumbprint = strings.Repeat("00:", 19) + "00" }, "does not have the thumbprint"},
		"unknown VM":        {func(a *vddkArgs) { a.vm = "vm-9999" }, "vm-9999"},
		"unknown snapshot":  {func(a *vddkArgs) { a.snapshot = "snapshot-9999" }, "snapshot-9999"},
		"unknown file":      {func(a *vddkArgs) { a.file = "[vsanDatastore] pgtest1/none.vmdk" }, "File not found"},
		"running disk":      {func(a *vddkArgs) { a.snapshot, a.options = "", nil }, "locked"},
		"writable snapshot": {func(a *vddkArgs) { a.options = nil }, "read-only"},
	}
	for name, c := range cases {
		args := good
		c.change(&args)
		stdout, stderr, err := r.run(args, "echo started")
		var exit *exec.ExitError
		if !asExit(err, &exit) || exit.ExitCode() != 1 || !strings.HasPrefix(stderr, "nbdkit: error: vddk: ") || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: %v %q", name, err, stderr)
		}
		if strings.Contains(stdout+stderr, args.password) || strings.Contains(stdout, "started") {
			t.Errorf("%s: it ran or told the password: %s %s", name, stdout, stderr)
		}
	}
}

func TestTheWrapperPassesOtherPluginsUnchanged(t *testing.T) {
	r := newRig(t)
	out, err := exec.Command(r.wrapper(), "-U", "-", "memory", "2M", "--run", `nbdinfo --size "$uri"`).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "2097152" {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestAHeldReadWaitsUntilReleasedAndTheLabKnowsIt(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("pgtest1"), "s")
	var made struct{ ID int }
	r.control("POST", "/lab/hold", []byte(`{"vm":"pgtest1","key":2000,"offset":2097152}`), &made)
	args := r.vddkArgs("pgtest1", snap, 2000)
	out := filepath.Join(t.TempDir(), "copy.raw")
	finished := make(chan error, 1)
	go func() {
		_, stderr, err := r.run(args, `nbdcopy "$uri" `+out)
		if err != nil {
			err = fmt.Errorf("%w: %s", err, stderr)
		}
		finished <- err
	}()
	waitFor(t, func() bool {
		var holds []hold
		r.get("/lab/hold", &holds)
		return len(holds) == 1 && holds[0].Waiting > 0
	})
	select {
	case err := <-finished:
		t.Fatalf("the copy passed the hold: %v", err)
	default:
	}
	r.control("DELETE", fmt.Sprintf("/lab/hold?id=%d", made.ID), nil, nil)
	must(t, <-finished)
	got, err := os.ReadFile(out)
	must(t, err)
	if !bytes.Equal(got, r.oracle(snap, 2000)) {
		t.Fatal("the copy differs")
	}
}

func TestErrorsAndCutsReachTheReader(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("pgtest1"), "s")
	args := r.vddkArgs("pgtest1", snap, 2000)
	r.post("/lab/io-error", `{"vm":"pgtest1","key":2000,"offset":2097152,"length":512}`)
	if _, stderr, err := r.run(args, `nbdcopy "$uri" null:`); err == nil || !strings.Contains(stderr, "Input/output error") {
		t.Fatalf("no EIO: %v %s", err, stderr)
	}
	r.control("DELETE", "/lab/io-error", nil, nil)
	if _, stderr, err := r.run(args, `nbdcopy "$uri" null:`); err != nil {
		t.Fatalf("the error stayed: %s", stderr)
	}
	r.post("/lab/drop", `{"target":"nbd","vm":"pgtest1","after_bytes":100000}`)
	if _, _, err := r.run(args, `nbdcopy "$uri" null:`); err == nil {
		t.Fatal("the copy survived a cut connection")
	}
	waitFor(t, func() bool {
		var report struct{ Connections []any }
		r.get("/lab/nbd", &report)
		return len(report.Connections) == 0
	})
}

func TestARateSlowsReads(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("pgtest1"), "s")
	r.post("/lab/rate", `{"vm":"pgtest1","bytes_per_second":524288}`)
	ctx, cancel := context.WithTimeout(r.ctx, 20*time.Second)
	defer cancel()
	begun := time.Now()
	if _, stderr, err := r.runContext(ctx, r.vddkArgs("pgtest1", snap, 2000), `nbdcopy "$uri" null:`); err != nil {
		t.Fatal(stderr)
	}
	// 256 KiB of data at 512 KiB/s: a lower bound only, a busy machine may take longer.
	if took := time.Since(begun); took < 450*time.Millisecond {
		t.Fatalf("took only %s", took)
	}
}

func TestAPoweredOffDiskIsWritable(t *testing.T) {
	r := newRig(t)
	source := filepath.Join(t.TempDir(), "new.raw")
	data := bytes.Repeat([]byte("restored"), 4<<20/8)
	must(t, os.WriteFile(source, data, 0o600))
	var list []struct {
		Name  string
		VM    string
		Disks []struct{ File string }
	}
	r.get("/lab/vms", &list)
	args := vddkArgs{password: testPassword, thumbprint: r.lab.Ready.ThumbprintSHA1, user: r.lab.Ready.User}
	for _, v := range list {
		if v.Name == "off" {
			args.vm, args.file = v.VM, v.Disks[0].File
		}
	}
	if _, stderr, err := r.run(args, `nbdcopy `+source+` "$uri"`); err != nil {
		t.Fatal(stderr)
	}
	if !bytes.Equal(r.read("off", 2000, 0, 4<<20), data) {
		t.Fatal("the disk does not hold what was written")
	}
}

func TestExportsNeedATicket(t *testing.T) {
	r := newRig(t)
	snap := r.snapshot(r.vm("pgtest1"), "s")
	for _, name := range []string{"", "guess", snap.Value} {
		out, err := exec.Command("nbdinfo", "nbd://"+r.lab.Ready.NBDAddress+"/"+name).CombinedOutput()
		if err == nil {
			t.Fatalf("export %q opened: %s", name, out)
		}
	}
}

func TestARemovedSnapshotStopsServing(t *testing.T) {
	r := newRig(t)
	vm := r.vm("pgtest1")
	snap := r.snapshot(vm, "s")
	args := r.vddkArgs("pgtest1", snap, 2000)
	req := vddkOpen{VM: args.vm, Snapshot: snap.Value, File: args.file, ReadOnly: true}
	opened, err := r.lab.lab.openExport(req)
	must(t, err)
	ticket := r.lab.lab.nbd.ticket(opened)
	r.remove(vm, snap)
	if out, err := exec.Command("nbdcopy", "nbd://"+r.lab.Ready.NBDAddress+"/"+ticket, "null:").CombinedOutput(); err == nil {
		t.Fatalf("read from a snapshot that is gone: %s", out)
	}
}

func asExit(err error, into **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError)
	*into = exit
	return ok
}

func TestWrapperParsesNbdkitsCommandLine(t *testing.T) {
	c := parseNbdkit([]string{
		"-rvU", "/run/a.sock", "-fn", "--exit-with-parent", "-t", "4", "--filter=retry", "--filter", "log", "-P/run/p", "-e", "name",
		"vddk", "libdir=/opt", "file=[ds] a b/c.vmdk", "retries=3", "vm=moref=vm-1", "--run", "cmd x=y",
	})
	options := "-rvU /run/a.sock -fn --exit-with-parent -t 4 --filter=retry --filter log -P/run/p -e name --run cmd x=y"
	if strings.Join(c.options, " ") != options || c.plugin != "vddk" || !c.readOnly {
		t.Fatalf("%+v", c)
	}
	if c.vddk["file"] != "[ds] a b/c.vmdk" || c.vddk["vm"] != "moref=vm-1" || strings.Join(c.others, " ") != "retries=3" {
		t.Fatalf("%+v", c)
	}
	if c := parseNbdkit([]string{"-Ur", "memory"}); c.readOnly || c.plugin != "memory" {
		t.Fatalf("the r in -Ur is a socket name: %+v", c)
	}
}

func TestVDDKEndpointChecksPassword(t *testing.T) {
	r := newRig(t)
	req, err := http.NewRequest("POST", "https://"+r.lab.Ready.Host+"/vddk/open", strings.NewReader(`{}`))
	must(t, err)
	req.SetBasicAuth(r.lab.Ready.User, "wrong")
	res, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: pinned(r.lab.Ready.ThumbprintSHA1)}}).Do(req)
	must(t, err)
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Fatal(res.Status)
	}
}
