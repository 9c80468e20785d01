CREATE TABLE `api_tokens` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`user_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`token_hash` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`expires_at` datetime(3),
	`last_used_at` datetime(3),
	CONSTRAINT `api_tokens_id` PRIMARY KEY(`id`),
	CONSTRAINT `api_tokens_hash_uq` UNIQUE(`token_hash`)
);
--> statement-breakpoint
CREATE TABLE `audit_events` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`user_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`username` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`action` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`subject` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`status_code` int NOT NULL,
	`address` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`detail` json NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `audit_events_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `backup_job_disks` (
	`backup_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`disk_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`disk_index` int NOT NULL,
	`label` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`device_key` int NOT NULL,
	`backing_uuid` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`source_path` varchar(1024) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`capacity_bytes` bigint NOT NULL,
	`read_mode` enum('full','changed') NOT NULL,
	`read_reason` text character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`stored_as` enum('root','overlay') NOT NULL,
	`stored_reason` text character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`parent_backup_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`change_id` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`attempt_no` int NOT NULL,
	`status` enum('pending','copying','copied','committed') NOT NULL,
	`file_name` varchar(1024) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`bytes_total` bigint NOT NULL,
	`bytes_read` bigint NOT NULL,
	`bytes_stored` bigint NOT NULL,
	`bytes_skipped` bigint NOT NULL,
	`duration_ms` bigint,
	`audit_result` enum('agrees','differs'),
	`audit_detail` text character set utf8mb4 collate utf8mb4_bin,
	CONSTRAINT `backup_job_disks_pk` PRIMARY KEY(`backup_id`,`disk_id`)
);
--> statement-breakpoint
CREATE TABLE `backup_jobs` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_context_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`repository_id` int NOT NULL,
	`platform_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`requested_type` enum('auto','full','incremental') NOT NULL,
	`backup_type` enum('full','incremental') NOT NULL,
	`type_reason` text character set utf8mb4 collate utf8mb4_bin,
	`status` enum('pending','running','paused','cancelling','completed','failed','cancelled') NOT NULL,
	`cleanup` enum('done','pending') NOT NULL,
	`quiesce` enum('require','prefer','never') NOT NULL,
	`consistency` enum('application','crash','powered-off'),
	`transport` varchar(32) character set utf8mb4 collate utf8mb4_bin,
	`exclude_disks` json NOT NULL,
	`warnings` json NOT NULL,
	`workflow_id` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`run_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`snapshot_token` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`snapshot_reference` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`snapshot_taken_at` datetime(3),
	`reserved_bytes` bigint NOT NULL,
	`manifest_path` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	`total_bytes` bigint NOT NULL,
	`bytes_read` bigint NOT NULL,
	`bytes_stored` bigint NOT NULL,
	`bytes_skipped` bigint NOT NULL,
	`error_code` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`error_message` text character set utf8mb4 collate utf8mb4_bin,
	`error_remedy` text character set utf8mb4 collate utf8mb4_bin,
	`verified_at` datetime(3),
	`verify_result` enum('good','damaged'),
	`verify_detail` text character set utf8mb4 collate utf8mb4_bin,
	`audit_scope` enum('sample','all'),
	`audited_at` datetime(3),
	`audit_result` enum('agrees','differs'),
	`audit_detail` text character set utf8mb4 collate utf8mb4_bin,
	`pause_reason` text character set utf8mb4 collate utf8mb4_bin,
	`flow_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`execution_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`created_by` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`started_at` datetime(3),
	`completed_at` datetime(3),
	CONSTRAINT `backup_jobs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `backup_pins` (
	`backup_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`purpose` enum('base','read','verify','delete') NOT NULL,
	`owner` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`run_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`since` datetime(3) NOT NULL,
	`expires_at` datetime(3),
	CONSTRAINT `backup_pins_pk` PRIMARY KEY(`backup_id`,`purpose`,`owner`)
);
--> statement-breakpoint
CREATE TABLE `backup_policies` (
	`id` int AUTO_INCREMENT NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text character set utf8mb4 collate utf8mb4_bin,
	`keep_points` int NOT NULL,
	`keep_days` int NOT NULL,
	`keep_daily` int NOT NULL,
	`keep_weekly` int NOT NULL,
	`keep_monthly` int NOT NULL,
	`keep_yearly` int NOT NULL,
	`three_two_one` json,
	`copy_rules` json NOT NULL,
	`created_by` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `backup_policies_id` PRIMARY KEY(`id`),
	CONSTRAINT `backup_policies_name_uq` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `backup_repositories` (
	`id` int AUTO_INCREMENT NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`repository_type` enum('local','nfs','cifs') NOT NULL,
	`path` varchar(700) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`marker` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`enabled` boolean NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `backup_repositories_id` PRIMARY KEY(`id`),
	CONSTRAINT `backup_repositories_name_uq` UNIQUE(`name`),
	CONSTRAINT `backup_repositories_path_uq` UNIQUE(`path`)
);
--> statement-breakpoint
CREATE TABLE `credentials` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`sealed` text character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `credentials_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `discovered_vms` (
	`request_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`position` int NOT NULL,
	`platform_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`vm` json NOT NULL,
	`discovered_at` datetime(3) NOT NULL,
	CONSTRAINT `discovered_vms_pk` PRIMARY KEY(`request_id`,`position`)
);
--> statement-breakpoint
CREATE TABLE `flow_execution_items` (
	`execution_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`position` int NOT NULL,
	`vm_context_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`priority` int NOT NULL,
	`status` enum('pending','waiting','running','completed','failed','skipped','cancelled') NOT NULL,
	`reason` text character set utf8mb4 collate utf8mb4_bin,
	`attempts` int NOT NULL,
	`not_before` datetime(3),
	`busy_since` datetime(3),
	`lane` int,
	`backup_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`backup_ids` json NOT NULL,
	`reasons` json NOT NULL,
	`bytes_transferred` bigint NOT NULL,
	`error_code` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`error_remedy` text character set utf8mb4 collate utf8mb4_bin,
	`started_at` datetime(3),
	`completed_at` datetime(3),
	CONSTRAINT `flow_execution_items_pk` PRIMARY KEY(`execution_id`,`position`),
	CONSTRAINT `flow_execution_items_vm_uq` UNIQUE(`execution_id`,`vm_context_id`)
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`user_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`idempotency_key` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`request_hash` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`resource_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `idempotency_keys_pk` PRIMARY KEY(`user_id`,`idempotency_key`)
);
--> statement-breakpoint
CREATE TABLE `job_progress` (
	`job_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`disk_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`attempt_no` int NOT NULL,
	`bytes_total` bigint NOT NULL,
	`bytes_read` bigint NOT NULL,
	`bytes_stored` bigint NOT NULL,
	`bytes_skipped` bigint NOT NULL,
	`bytes_per_second` double NOT NULL,
	`eta_seconds` double,
	`bottleneck` enum('source','digest','target'),
	`samples` json NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `job_progress_pk` PRIMARY KEY(`job_id`,`disk_id`)
);
--> statement-breakpoint
CREATE TABLE `job_steps` (
	`job_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`step_id` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`attempt` int NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`summary` text character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`status` enum('running','completed','failed','cancelled') NOT NULL,
	`detail` text character set utf8mb4 collate utf8mb4_bin,
	`error_code` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`started_at` datetime(3) NOT NULL,
	`ended_at` datetime(3),
	CONSTRAINT `job_steps_pk` PRIMARY KEY(`job_id`,`step_id`,`attempt`)
);
--> statement-breakpoint
CREATE TABLE `operation_lease_waiters` (
	`position` bigint AUTO_INCREMENT NOT NULL,
	`resource` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`owner_workflow_id` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`owner_run_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`since` datetime(3) NOT NULL,
	CONSTRAINT `operation_lease_waiters_position` PRIMARY KEY(`position`),
	CONSTRAINT `operation_lease_waiters_owner_uq` UNIQUE(`resource`,`owner_workflow_id`,`owner_run_id`)
);
--> statement-breakpoint
CREATE TABLE `operation_leases` (
	`resource` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`owner_workflow_id` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`owner_run_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`lease_no` int NOT NULL,
	`acquired_at` datetime(3),
	CONSTRAINT `operation_leases_resource` PRIMARY KEY(`resource`)
);
--> statement-breakpoint
CREATE TABLE `operation_slots` (
	`resource` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`owner_workflow_id` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`owner_run_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`acquired_at` datetime(3) NOT NULL,
	CONSTRAINT `operation_slots_pk` PRIMARY KEY(`resource`,`owner_workflow_id`,`owner_run_id`)
);
--> statement-breakpoint
CREATE TABLE `platforms` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`kind` enum('vmware','ossea','libvirt','memory') NOT NULL,
	`host` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`username` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`credential_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`datacenter` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`tls` json NOT NULL,
	`transport` enum('vddk','memory') NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `platforms_id` PRIMARY KEY(`id`),
	CONSTRAINT `platforms_name_uq` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `protection_flow_executions` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`flow_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`status` enum('pending','running','paused','success','warning','error','cancelled') NOT NULL,
	`execution_type` enum('scheduled','manual','api') NOT NULL,
	`backup_type` enum('auto','full') NOT NULL,
	`retry_of` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`jobs_created` int NOT NULL,
	`jobs_completed` int NOT NULL,
	`jobs_failed` int NOT NULL,
	`jobs_skipped` int NOT NULL,
	`jobs_cancelled` int NOT NULL,
	`vms_total` int NOT NULL,
	`vms_processed` int NOT NULL,
	`bytes_transferred` bigint NOT NULL,
	`warnings` json NOT NULL,
	`error_message` text character set utf8mb4 collate utf8mb4_bin,
	`pause_reason` text character set utf8mb4 collate utf8mb4_bin,
	`execution_metadata` json,
	`created_job_ids` json NOT NULL,
	`schedule_execution_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`nominal_time` datetime(3),
	`workflow_id` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`run_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`started_at` datetime(3),
	`completed_at` datetime(3),
	`execution_time_seconds` int,
	`triggered_by` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `protection_flow_executions_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `protection_flows` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text character set utf8mb4 collate utf8mb4_bin,
	`flow_type` enum('backup','replication') NOT NULL,
	`target_type` enum('vm','group') NOT NULL,
	`target_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`repository_id` int,
	`policy_id` int,
	`destination_type` enum('ossea','vmware','hyperv'),
	`destination_config` json,
	`schedule_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`enabled` boolean NOT NULL,
	`overlap_policy` enum('skip','queue') NOT NULL,
	`missed_run_policy` enum('run_once','run_all','skip') NOT NULL,
	`catchup_limit_minutes` int NOT NULL,
	`busy_vm_policy` enum('wait','skip') NOT NULL,
	`max_retries` int NOT NULL,
	`retry_wait_seconds` int NOT NULL,
	`max_run_minutes` int,
	`window_start` varchar(5) character set utf8mb4 collate utf8mb4_bin,
	`window_end` varchar(5) character set utf8mb4 collate utf8mb4_bin,
	`full_every_days` int NOT NULL,
	`full_every_points` int NOT NULL,
	`quiesce` enum('require','prefer','never') NOT NULL,
	`last_execution_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`last_execution_status` enum('success','warning','error','running','pending','paused','cancelled') NOT NULL,
	`last_execution_time` datetime(3),
	`next_execution_time` datetime(3),
	`total_executions` int NOT NULL,
	`successful_executions` int NOT NULL,
	`failed_executions` int NOT NULL,
	`pruned_executions` int NOT NULL DEFAULT 0,
	`pruned_successful` int NOT NULL DEFAULT 0,
	`pruned_failed` int NOT NULL DEFAULT 0,
	`version` int NOT NULL,
	`synced_version` int NOT NULL,
	`sync_error` text character set utf8mb4 collate utf8mb4_bin,
	`rung_until` datetime(3),
	`created_by` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	`deleted_at` datetime(3),
	`live_name` varchar(255) character set utf8mb4 collate utf8mb4_bin GENERATED ALWAYS AS (if(deleted_at is null, name, null)) STORED,
	CONSTRAINT `protection_flows_id` PRIMARY KEY(`id`),
	CONSTRAINT `protection_flows_name_uq` UNIQUE(`live_name`),
	CONSTRAINT `protection_flows_destination_ck` CHECK((flow_type = 'backup' and repository_id is not null) or (flow_type = 'replication' and destination_type is not null)),
	CONSTRAINT `protection_flows_window_ck` CHECK((window_start is null) = (window_end is null))
);
--> statement-breakpoint
CREATE TABLE `replication_schedules` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text character set utf8mb4 collate utf8mb4_bin,
	`cron_expression` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`timezone` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`jitter_seconds` int NOT NULL,
	`enabled` boolean NOT NULL,
	`created_by` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `replication_schedules_id` PRIMARY KEY(`id`),
	CONSTRAINT `replication_schedules_name_uq` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `schedule_executions` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`flow_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`schedule_id` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`nominal_time` datetime(3) NOT NULL,
	`status` enum('started','queued','skipped','missed','error') NOT NULL,
	`reason` text character set utf8mb4 collate utf8mb4_bin,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `schedule_executions_id` PRIMARY KEY(`id`),
	CONSTRAINT `schedule_executions_nominal_uq` UNIQUE(`flow_id`,`nominal_time`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`token_hash` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`user_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`expires_at` datetime(3) NOT NULL,
	`last_seen_at` datetime(3) NOT NULL,
	CONSTRAINT `sessions_token_hash` PRIMARY KEY(`token_hash`)
);
--> statement-breakpoint
CREATE TABLE `settings` (
	`name` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`value` text character set utf8mb4 collate utf8mb4_bin NOT NULL,
	CONSTRAINT `settings_name` PRIMARY KEY(`name`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`username` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`password_hash` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`role` enum('viewer','operator','admin') NOT NULL,
	`must_change_password` boolean NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `users_id` PRIMARY KEY(`id`),
	CONSTRAINT `users_username_uq` UNIQUE(`username`)
);
--> statement-breakpoint
CREATE TABLE `vm_disks` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_context_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`disk_index` int NOT NULL,
	`backing_uuid` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`device_key` int NOT NULL,
	`label` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`path` varchar(1024) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`datastore` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`capacity_bytes` bigint NOT NULL,
	`provisioning_type` varchar(32) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`left_out` varchar(32) character set utf8mb4 collate utf8mb4_bin,
	`present` boolean NOT NULL,
	CONSTRAINT `vm_disks_id` PRIMARY KEY(`id`),
	CONSTRAINT `vm_disks_backing_uq` UNIQUE(`vm_context_id`,`backing_uuid`),
	CONSTRAINT `vm_disks_index_uq` UNIQUE(`vm_context_id`,`disk_index`)
);
--> statement-breakpoint
CREATE TABLE `vm_group_memberships` (
	`group_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_context_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`priority` int NOT NULL,
	`enabled` boolean NOT NULL,
	`added_at` datetime(3) NOT NULL,
	CONSTRAINT `vm_group_memberships_pk` PRIMARY KEY(`group_id`,`vm_context_id`)
);
--> statement-breakpoint
CREATE TABLE `vm_groups` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text character set utf8mb4 collate utf8mb4_bin,
	`priority` int NOT NULL,
	`max_concurrent_vms` int NOT NULL,
	`rules` json,
	`created_by` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `vm_groups_id` PRIMARY KEY(`id`),
	CONSTRAINT `vm_groups_name_uq` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `vm_replication_contexts` (
	`id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`platform_id` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`instance_uuid` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vm_path` varchar(1024) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vcenter_host` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`datacenter` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`cpu_count` int NOT NULL,
	`memory_mb` int NOT NULL,
	`os_type` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`power_state` varchar(32) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`vmx_version` varchar(32) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`change_tracking_enabled` boolean NOT NULL,
	`networks` json NOT NULL,
	`last_discovered_at` datetime(3),
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `vm_replication_contexts_id` PRIMARY KEY(`id`),
	CONSTRAINT `vm_contexts_instance_uq` UNIQUE(`platform_id`,`instance_uuid`)
);
--> statement-breakpoint
ALTER TABLE `api_tokens` ADD CONSTRAINT `api_tokens_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_job_disks` ADD CONSTRAINT `backup_job_disks_backup_fk` FOREIGN KEY (`backup_id`) REFERENCES `backup_jobs`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_job_disks` ADD CONSTRAINT `backup_job_disks_disk_fk` FOREIGN KEY (`disk_id`) REFERENCES `vm_disks`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_job_disks` ADD CONSTRAINT `backup_job_disks_parent_fk` FOREIGN KEY (`parent_backup_id`) REFERENCES `backup_jobs`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_jobs` ADD CONSTRAINT `backup_jobs_context_fk` FOREIGN KEY (`vm_context_id`) REFERENCES `vm_replication_contexts`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_jobs` ADD CONSTRAINT `backup_jobs_repository_fk` FOREIGN KEY (`repository_id`) REFERENCES `backup_repositories`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_jobs` ADD CONSTRAINT `backup_jobs_platform_fk` FOREIGN KEY (`platform_id`) REFERENCES `platforms`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `backup_pins` ADD CONSTRAINT `backup_pins_backup_fk` FOREIGN KEY (`backup_id`) REFERENCES `backup_jobs`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `discovered_vms` ADD CONSTRAINT `discovered_vms_platform_fk` FOREIGN KEY (`platform_id`) REFERENCES `platforms`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `flow_execution_items` ADD CONSTRAINT `flow_execution_items_execution_fk` FOREIGN KEY (`execution_id`) REFERENCES `protection_flow_executions`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `idempotency_keys` ADD CONSTRAINT `idempotency_keys_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `platforms` ADD CONSTRAINT `platforms_credential_fk` FOREIGN KEY (`credential_id`) REFERENCES `credentials`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `protection_flow_executions` ADD CONSTRAINT `executions_flow_fk` FOREIGN KEY (`flow_id`) REFERENCES `protection_flows`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `protection_flow_executions` ADD CONSTRAINT `executions_schedule_execution_fk` FOREIGN KEY (`schedule_execution_id`) REFERENCES `schedule_executions`(`id`) ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `protection_flows` ADD CONSTRAINT `protection_flows_schedule_fk` FOREIGN KEY (`schedule_id`) REFERENCES `replication_schedules`(`id`) ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `protection_flows` ADD CONSTRAINT `protection_flows_repository_fk` FOREIGN KEY (`repository_id`) REFERENCES `backup_repositories`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `protection_flows` ADD CONSTRAINT `protection_flows_policy_fk` FOREIGN KEY (`policy_id`) REFERENCES `backup_policies`(`id`) ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `schedule_executions` ADD CONSTRAINT `schedule_executions_flow_fk` FOREIGN KEY (`flow_id`) REFERENCES `protection_flows`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `schedule_executions` ADD CONSTRAINT `schedule_executions_schedule_fk` FOREIGN KEY (`schedule_id`) REFERENCES `replication_schedules`(`id`) ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `sessions` ADD CONSTRAINT `sessions_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `vm_disks` ADD CONSTRAINT `vm_disks_context_fk` FOREIGN KEY (`vm_context_id`) REFERENCES `vm_replication_contexts`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `vm_group_memberships` ADD CONSTRAINT `vm_group_memberships_group_fk` FOREIGN KEY (`group_id`) REFERENCES `vm_groups`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `vm_group_memberships` ADD CONSTRAINT `vm_group_memberships_context_fk` FOREIGN KEY (`vm_context_id`) REFERENCES `vm_replication_contexts`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `vm_replication_contexts` ADD CONSTRAINT `vm_contexts_platform_fk` FOREIGN KEY (`platform_id`) REFERENCES `platforms`(`id`) ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `api_tokens_user_ix` ON `api_tokens` (`user_id`);--> statement-breakpoint
CREATE INDEX `audit_events_created_ix` ON `audit_events` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `audit_events_user_ix` ON `audit_events` (`username`,`created_at`);--> statement-breakpoint
CREATE INDEX `backup_jobs_created_ix` ON `backup_jobs` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `backup_jobs_context_ix` ON `backup_jobs` (`vm_context_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `backup_jobs_repository_ix` ON `backup_jobs` (`repository_id`,`status`);--> statement-breakpoint
CREATE INDEX `backup_jobs_status_ix` ON `backup_jobs` (`status`,`created_at`);--> statement-breakpoint
CREATE INDEX `backup_jobs_name_ix` ON `backup_jobs` (`vm_name`,`created_at`);--> statement-breakpoint
CREATE INDEX `backup_jobs_cleanup_ix` ON `backup_jobs` (`cleanup`);--> statement-breakpoint
CREATE INDEX `backup_jobs_execution_ix` ON `backup_jobs` (`execution_id`);--> statement-breakpoint
CREATE INDEX `backup_jobs_flow_ix` ON `backup_jobs` (`flow_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `backup_pins_owner_ix` ON `backup_pins` (`owner`);--> statement-breakpoint
CREATE INDEX `backup_policies_created_ix` ON `backup_policies` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `backup_repositories_created_ix` ON `backup_repositories` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `discovered_vms_discovered_ix` ON `discovered_vms` (`discovered_at`);--> statement-breakpoint
CREATE INDEX `flow_execution_items_claim_ix` ON `flow_execution_items` (`execution_id`,`status`,`priority`,`position`,`attempts`,`bytes_transferred`);--> statement-breakpoint
CREATE INDEX `flow_execution_items_context_ix` ON `flow_execution_items` (`vm_context_id`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_created_ix` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE INDEX `job_progress_updated_ix` ON `job_progress` (`updated_at`);--> statement-breakpoint
CREATE INDEX `job_steps_started_ix` ON `job_steps` (`job_id`,`started_at`);--> statement-breakpoint
CREATE INDEX `job_steps_log_ix` ON `job_steps` (`started_at`,`job_id`);--> statement-breakpoint
CREATE INDEX `job_steps_status_ix` ON `job_steps` (`status`,`started_at`);--> statement-breakpoint
CREATE INDEX `operation_lease_waiters_owner_ix` ON `operation_lease_waiters` (`owner_workflow_id`);--> statement-breakpoint
CREATE INDEX `operation_slots_owner_ix` ON `operation_slots` (`owner_workflow_id`);--> statement-breakpoint
CREATE INDEX `platforms_created_ix` ON `platforms` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `platforms_host_ix` ON `platforms` (`host`,`username`);--> statement-breakpoint
CREATE INDEX `executions_created_ix` ON `protection_flow_executions` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `executions_flow_ix` ON `protection_flow_executions` (`flow_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `executions_status_ix` ON `protection_flow_executions` (`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `executions_type_ix` ON `protection_flow_executions` (`execution_type`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `executions_started_ix` ON `protection_flow_executions` (`started_at`);--> statement-breakpoint
CREATE INDEX `executions_retry_ix` ON `protection_flow_executions` (`retry_of`);--> statement-breakpoint
CREATE INDEX `protection_flows_created_ix` ON `protection_flows` (`deleted_at`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `protection_flows_type_ix` ON `protection_flows` (`flow_type`);--> statement-breakpoint
CREATE INDEX `protection_flows_target_ix` ON `protection_flows` (`target_type`,`target_id`);--> statement-breakpoint
CREATE INDEX `protection_flows_enabled_ix` ON `protection_flows` (`enabled`);--> statement-breakpoint
CREATE INDEX `protection_flows_schedule_ix` ON `protection_flows` (`schedule_id`);--> statement-breakpoint
CREATE INDEX `protection_flows_last_ix` ON `protection_flows` (`last_execution_time`);--> statement-breakpoint
CREATE INDEX `protection_flows_next_ix` ON `protection_flows` (`next_execution_time`);--> statement-breakpoint
CREATE INDEX `replication_schedules_created_ix` ON `replication_schedules` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `schedule_executions_schedule_ix` ON `schedule_executions` (`schedule_id`,`nominal_time`,`id`);--> statement-breakpoint
CREATE INDEX `schedule_executions_created_ix` ON `schedule_executions` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_user_ix` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expires_ix` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE INDEX `users_created_ix` ON `users` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `vm_group_memberships_context_ix` ON `vm_group_memberships` (`vm_context_id`);--> statement-breakpoint
CREATE INDEX `vm_groups_created_ix` ON `vm_groups` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `vm_contexts_created_ix` ON `vm_replication_contexts` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `vm_contexts_name_ix` ON `vm_replication_contexts` (`vm_name`);