package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	scsiKey      = 1000
	firstDiskKey = 2000
	firstNicKey  = 4000
)

// createModel makes the empty vCenter: a datacenter, a cluster with its hosts, port groups; no VMs.
func createModel(s *Scenario) (*simulator.Model, error) {
	m := simulator.VPX()
	m.Machine, m.Datastore, m.Host = 0, 0, 0
	m.ClusterHost, m.Portgroup = len(s.Hosts), len(s.PortGroups)
	m.ServiceContent.About.Version = "8.0.3"
	m.ServiceContent.About.ApiVersion = "8.0.3.0"
	m.ServiceContent.About.Build = "24022515"
	m.ServiceContent.About.FullName = "VMware vCenter Server 8.0.3 build-24022515 (practice)"
	return m, m.Create()
}

// seeder fills the inventory through the simulator's own in-process client.
type seeder struct {
	lab    *Lab
	ctx    context.Context
	client *vim25.Client
	finder *find.Finder
	dc     *object.Datacenter
	pool   *object.ResourcePool
	hosts  []*object.HostSystem
	vms    *object.Folder
	// counted is the simulator's last reference number, as far as a resuming seeder knows it.
	counted int
}

func (l *Lab) seed(imagesDir string) error {
	s := &seeder{lab: l, client: l.client, ctx: context.WithValue(context.Background(), internalCall, true)}
	for _, step := range []func() error{s.names, s.datastore} {
		if err := step(); err != nil {
			return err
		}
	}
	// The number that a resuming lab needs to learn where the simulator counts.
	l.number("")
	for i := range l.scenario.VMs {
		if err := s.vm(&l.scenario.VMs[i], i, imagesDir); err != nil {
			return fmt.Errorf("VM %s: %w", l.scenario.VMs[i].Name, err)
		}
	}
	free := l.scenario.Datastore.FreeGiB << 30
	return l.setDatastore(l.scenario.Datastore.CapacityGiB<<30, &free)
}

func (s *seeder) names() (err error) {
	s.finder = find.NewFinder(s.client, false)
	if s.dc, err = s.finder.Datacenter(s.ctx, "DC0"); err != nil {
		return err
	}
	s.finder.SetDatacenter(s.dc)
	cluster, err := s.finder.ClusterComputeResource(s.ctx, "DC0_C0")
	if err != nil {
		return err
	}
	if s.hosts, err = s.finder.HostSystemList(s.ctx, "*/*"); err != nil {
		return err
	}
	if s.pool, err = cluster.ResourcePool(s.ctx); err != nil {
		return err
	}
	folders, err := s.dc.Folders(s.ctx)
	if err != nil {
		return err
	}
	s.vms = folders.VmFolder
	s.lab.vmFolder = s.vms.Reference()
	renames := map[types.ManagedObjectReference]string{s.dc.Reference(): s.lab.scenario.Datacenter, cluster.Reference(): s.lab.scenario.Cluster}
	for i, host := range s.hosts {
		renames[host.Reference()] = s.lab.scenario.Hosts[i]
	}
	for i, name := range s.lab.scenario.PortGroups {
		group, err := s.finder.Network(s.ctx, fmt.Sprintf("DC0_DVPG%d", i))
		if err != nil {
			return err
		}
		renames[group.Reference()] = name
	}
	for ref, name := range renames {
		if err := s.rename(ref, name); err != nil {
			return fmt.Errorf("rename %s to %s: %w", ref, name, err)
		}
	}
	return nil
}

func (s *seeder) rename(ref types.ManagedObjectReference, name string) error {
	if ref.Type == "HostSystem" {
		// Hosts are named by how they were added and cannot be renamed by a task.
		host := s.lab.registry.Get(ref).(*simulator.HostSystem)
		ctx := s.lab.fresh()
		ctx.WithLock(host, func() {
			ctx.Update(host, []types.PropertyChange{{Name: "name", Val: name}, {Name: "summary.config.name", Val: name}})
		})
		return nil
	}
	res, err := methods.Rename_Task(s.ctx, s.client, &types.Rename_Task{This: ref, NewName: name})
	if err != nil {
		return err
	}
	return object.NewTask(s.client, res.Returnval).Wait(s.ctx)
}

func (s *seeder) datastore() error {
	for _, host := range s.hosts {
		system, err := host.ConfigManager().DatastoreSystem(s.ctx)
		if err != nil {
			return err
		}
		store, err := system.CreateLocalDatastore(s.ctx, s.lab.scenario.Datastore.Name, s.lab.storeDir)
		if err != nil {
			return err
		}
		if s.lab.datastore.Value == "" {
			// The simulator answers a second host with an empty reference to the same datastore.
			s.lab.datastore = store.Reference()
		}
	}
	return nil
}

func (s *seeder) vm(v *ScenarioVM, index int, imagesDir string) error {
	folder, err := s.folder(v.Folder)
	if err != nil {
		return err
	}
	spec, err := s.spec(v)
	if err != nil {
		return err
	}
	task, err := folder.CreateVM(s.ctx, spec, s.pool, s.hosts[index%len(s.hosts)])
	if err != nil {
		return err
	}
	info, err := task.WaitForResult(s.ctx, nil)
	if err != nil {
		return err
	}
	ref := info.Result.(types.ManagedObjectReference)
	if err := s.images(ref, v, imagesDir); err != nil {
		return err
	}
	if v.Power == "poweredOn" {
		task, err := object.NewVirtualMachine(s.client, ref).PowerOn(s.ctx)
		if err != nil {
			return err
		}
		if err := task.Wait(s.ctx); err != nil {
			return err
		}
	}
	return s.guestInfo(ref, v)
}

func (s *seeder) folder(name string) (*object.Folder, error) {
	if name == "" {
		return s.vms, nil
	}
	children, err := s.vms.Children(s.ctx)
	if err != nil {
		return nil, err
	}
	for _, child := range children {
		if folder, ok := child.(*object.Folder); ok && s.nameOf(folder.Reference()) == name {
			return folder, nil
		}
	}
	return s.vms.CreateFolder(s.ctx, name)
}

func (s *seeder) nameOf(ref types.ManagedObjectReference) string {
	if folder, ok := s.lab.registry.Get(ref).(*simulator.Folder); ok {
		return folder.Name
	}
	return ""
}

// images copies each disk's image to its start; the rest of the disk stays a hole.
func (s *seeder) images(ref types.ManagedObjectReference, v *ScenarioVM, imagesDir string) error {
	vm := s.lab.labVMOf(ref)
	for n, d := range v.Disks {
		disk, err := s.lab.disk(vm, int32(firstDiskKey+n))
		if err != nil {
			return err
		}
		if d.Image == nil || *d.Image == "" {
			continue
		}
		image, err := os.Open(filepath.Join(imagesDir, filepath.Base(*d.Image)))
		if err != nil {
			return err
		}
		defer image.Close()
		info, err := image.Stat()
		if err != nil {
			return err
		}
		if info.Size() > disk.capacity {
			return fmt.Errorf("disk %d: image %s has %d bytes, the disk only %d", n, *d.Image, info.Size(), disk.capacity)
		}
		if err := copySparse(disk.base, image); err != nil {
			return err
		}
		disk.imageEnd = info.Size()
	}
	return nil
}

// guestNames are vCenter's words for guest ids; the simulator shows the id itself.
var guestNames = map[string]string{
	"otherLinux64Guest":      "Other Linux (64-bit)",
	"windows2019srv_64Guest": "Microsoft Windows Server 2019 (64-bit)",
}

// guestInfo lets VMware Tools look alive in running VMs.
func (s *seeder) guestInfo(ref types.ManagedObjectReference, v *ScenarioVM) error {
	sim, err := s.lab.simulated(ref)
	if err != nil {
		return err
	}
	status, state, running := types.VirtualMachineToolsStatusToolsNotRunning, "notRunning", "guestToolsNotRunning"
	if v.Power == "poweredOn" {
		status, state, running = types.VirtualMachineToolsStatusToolsOk, "running", "guestToolsRunning"
	}
	fullName := v.GuestOS
	if known, ok := guestNames[v.GuestOS]; ok {
		fullName = known
	}
	ctx := s.lab.fresh()
	ctx.WithLock(sim, func() {
		ctx.Update(sim, []types.PropertyChange{
			{Name: "config.guestFullName", Val: fullName}, {Name: "summary.config.guestFullName", Val: fullName},
			{Name: "guest.toolsStatus", Val: status}, {Name: "guest.guestState", Val: state},
			{Name: "guest.toolsRunningStatus", Val: running}, {Name: "summary.guest.toolsStatus", Val: status},
			{Name: "summary.guest.toolsRunningStatus", Val: running},
		})
	})
	return nil
}

// directory is the VM's folder on the datastore: its name, with what a path cannot hold replaced.
func (s *seeder) directory(name string) string {
	clean := strings.NewReplacer("/", "%2f", "\\", "%5c", "%", "%25", "[", "(", "]", ")").Replace(name)
	for n := 0; ; n++ {
		dir := clean
		if n > 0 {
			dir = fmt.Sprintf("%s_%d", clean, n)
		}
		if _, err := os.Stat(filepath.Join(s.lab.storeDir, dir)); os.IsNotExist(err) {
			return dir
		}
	}
}
