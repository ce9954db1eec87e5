# Requirement 2 under bats: the floor's checks, each as a test of its own.

setup() {
  bats_require_minimum_version 1.5.0
  set -u
  . "$BATS_TEST_DIRNAME/checks.sh"
}

teardown() { remove_namespace; }
teardown_file() { . "$BATS_TEST_DIRNAME/checks.sh" && all_gone; }

@test "2.1 every provisioned node is listed as Ready" { check_2_1; }

@test "2.2 the server is K3s v1.28.0 or newer" {
  said=$(check_2_2)
  case $said in not\ to\ be\ judged*) skip "$said" ;; esac
}

@test "2.3 a PersistentVolumeClaim that a pod requests is Bound within 30 seconds" { check_2_3; }

@test "2.4 the pods of a Deployment are spread over the workers" { check_2_4; }

@test "2.5 a Service has one stable address that every pod can reach" { check_2_5; }

@test "2.6 a container that fails three probes in a row is restarted" { check_2_6; }

@test "2.7 the logs of a pod can be read through the API" { check_2_7; }
