Feature: Kubernetes cluster operations
  The cluster schedules, connects, stores, heals and survives the loss of a control plane.

  Background:
    Given a running cluster

  @ac-2.1
  Scenario: Every provisioned node is listed as Ready
    Then the list of nodes shows every provisioned machine as Ready, and no other

  @ac-2.2 @system-K3s
  Scenario: The server is K3s v1.28.0 or newer
    Then the server reports K3s v1.28.0 or newer

  @ac-2.3
  Scenario: A claim that a pod asks for is bound within 30 seconds
    When a pod on each worker asks for a claim
    Then each claim is Bound within 30 seconds
    And each pod writes to its claim
    And a pod's claims of each class that the platform's claims name are Bound
    And no quota and no limit keeps the platform's namespace from another claim

  @ac-2.4
  Scenario: The pods of a Deployment are spread over the workers
    When a Deployment with 3 replicas is created
    Then its pods run on more than one worker

  @ac-2.5
  Scenario: A Service has one stable address that every pod can reach
    Given a server pod behind a ClusterIP Service
    Then a pod on each worker reaches the Service by address and by name
    And so does a pod on each control plane
    And each DNS server of the cluster, asked by itself, knows the Service
    When the server pod is replaced
    Then the Service still has its address
    And a pod on each worker reaches the Service by address and by name

  @ac-2.6 @needs-everything
  Scenario: A container that fails three probes in a row is restarted
    Given a server pod on each worker with a health probe every second
    And pods on each worker with a health probe that never ends
    When its health probe begins to fail
    Then three failures are recorded and the container is restarted once
    And the pod is Ready again
    And a probe that never ends is a failure, too, and the container is restarted
    And each container of the platform's services, as rendered and where it runs, is restarted after as many failures
    And no pod's probe restarts it again and again

  @ac-2.7
  Scenario: The logs of a pod can be read through the API
    Given a pod on each worker that crashes
    When a pod on each worker writes 1200 lines
    Then the API returns all 1200 lines of each
    And kubectl returns the last 1000 of them
    And the API returns the logs of the system's pods on every node
    And the API returns what those said that crashed
    And no kubelet takes away the container that ended last

  @ac-2.8 @disruptive @disturbs-control-plane
  Scenario: The cluster keeps working with one control plane down
    Given every control plane answers at the address of the API
    And none of them does so with a certificate that is about to end
    And each control plane runs what the others run
    And each of them is set up like the others
    And each control plane stores and votes by an etcd of its own
    And no machine knows another one's API alone
    And the cluster's DNS servers are on more than one machine
    And a server pod behind a ClusterIP Service
    And a client writes to the API all the time
    When a control plane is lost for 20 seconds under that load
    Then writes resume within 30 seconds
    And the pod of a Deployment that is created meanwhile finds a Service by its name, and runs
    And every acknowledged write is there
