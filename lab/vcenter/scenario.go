package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Scenario is the inventory that the practice vCenter starts with.
type Scenario struct {
	Datacenter string   `json:"datacenter"`
	Cluster    string   `json:"cluster"`
	Hosts      []string `json:"hosts"`
	Datastore  struct {
		Name        string `json:"name"`
		CapacityGiB int64  `json:"capacity_gib"`
		FreeGiB     int64  `json:"free_gib"`
	} `json:"datastore"`
	PortGroups []string `json:"port_groups"`
	// PageCap bounds the areas in one QueryChangedDiskAreas answer; small values force paging.
	PageCap int `json:"page_cap"`
	// ServeRunningFolder lets /folder serve the disks of running VMs, which ESXi is said to refuse.
	ServeRunningFolder bool         `json:"serve_running_folder"`
	VMs                []ScenarioVM `json:"vms"`
}

// ScenarioVM is one VM of a scenario.
type ScenarioVM struct {
	Name           string         `json:"name"`
	Folder         string         `json:"folder"`
	InstanceUUID   string         `json:"instance_uuid"`
	GuestOS        string         `json:"guest_os"`
	NumCPU         int32          `json:"num_cpu"`
	MemoryMB       int64          `json:"memory_mb"`
	Power          string         `json:"power"`
	Network        string         `json:"network"`
	MAC            string         `json:"mac"`
	ChangeTracking bool           `json:"change_tracking"`
	Disks          []ScenarioDisk `json:"disks"`
}

// ScenarioDisk is one disk; Image names a file in the images directory that is copied to its start.
type ScenarioDisk struct {
	SizeMiB     int64   `json:"size_mib"`
	Image       *string `json:"image"`
	BackingUUID string  `json:"backing_uuid"`
	Kind        string  `json:"kind"`
	Thin        *bool   `json:"thin"`
}

func loadScenario(path string) (*Scenario, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	s := &Scenario{}
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", path, err)
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", path, err)
	}
	return s, nil
}

func (s *Scenario) validate() error {
	if s.Datacenter == "" || s.Cluster == "" || len(s.Hosts) == 0 || s.Datastore.Name == "" || len(s.PortGroups) == 0 {
		return fmt.Errorf("datacenter, cluster, hosts, datastore and port_groups are required")
	}
	if s.PageCap <= 0 {
		s.PageCap = 4
	}
	seen := map[string]bool{}
	for i := range s.VMs {
		if err := s.VMs[i].validate(s.PortGroups); err != nil {
			return err
		}
		if seen[s.VMs[i].InstanceUUID] {
			return fmt.Errorf("VM %s: instance_uuid %s stands twice", s.VMs[i].Name, s.VMs[i].InstanceUUID)
		}
		seen[s.VMs[i].InstanceUUID] = true
	}
	return nil
}

func (v *ScenarioVM) validate(portGroups []string) error {
	if v.Name == "" || v.InstanceUUID == "" || v.GuestOS == "" {
		return fmt.Errorf("VM %q: name, instance_uuid and guest_os are required", v.Name)
	}
	if v.Power != "poweredOn" && v.Power != "poweredOff" {
		return fmt.Errorf("VM %s: power must be poweredOn or poweredOff", v.Name)
	}
	if !contains(portGroups, v.Network) {
		// The simulator dereferences nil for an unknown network and ends the whole process.
		return fmt.Errorf("VM %s: network %q is none of %s", v.Name, v.Network, strings.Join(portGroups, ", "))
	}
	for n := range v.Disks {
		disk := &v.Disks[n]
		if disk.Kind == "" {
			disk.Kind = kindFlat
		}
		if disk.Kind != kindFlat && disk.Kind != kindRDM && disk.Kind != kindIndependent {
			return fmt.Errorf("VM %s disk %d: unknown kind %q", v.Name, n, disk.Kind)
		}
		if disk.SizeMiB <= 0 {
			return fmt.Errorf("VM %s disk %d: size_mib must be positive", v.Name, n)
		}
	}
	return nil
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}
