Feature: Kubernetes cluster operations
  The cluster schedules and connects pods, stores data, restarts containers and survives the loss of a control plane.

  Background:
    Given a running cluster

  @ac-2.1
  Scenario: Every provisioned node is listed as Ready
    Then kubectl lists exactly the provisioned machines as nodes, all of them Ready
    And no worker's kubelet has a certificate that ends soon and is not renewed
    And each machine would come back after a reboot as it runs now
    And a machine that is lost would be listed as not Ready within 120 seconds

  @ac-2.2 @system-K3s
  Scenario: The server is K3s v1.28.0 or newer
    Then the server reports K3s v1.28.0 or newer

  @ac-2.3
  Scenario: A PersistentVolumeClaim that a pod requests is Bound within 30 seconds
    When a pod on each worker requests a PersistentVolumeClaim
    Then each claim is Bound within 30 seconds
    And each pod writes to its volume
    And a pod's claims of every storage class that the platform uses are Bound
    And claims without a class get a default one, which is none of the platform's own
    And no quota or limit range blocks another claim in the platform's namespace

  @ac-2.4
  Scenario: The pods of a Deployment are spread over the workers
    When a Deployment with 3 replicas is created
    Then its pods run on more than one worker

  @ac-2.5
  Scenario: A Service has one stable address that every pod can reach
    Given a server pod behind a ClusterIP Service
    Then a pod on each worker reaches the Service by address and by name
    And so does a pod on each control plane
    And a payload larger than one packet gets through from there to the server and back
    And so does each machine itself, by address
    And each of the cluster's DNS servers, queried individually, resolves the Service
    And neither DNS nor the pod network has settings that the next start could not read
    And the accounts of DNS and of the pod network may ask the API for what their next start needs
    And each new connection to the API's own Service is answered
    When the server pod is replaced
    Then the Service keeps its address
    And a pod on each worker reaches the Service by address and by name
    And so do the pods on control planes and each machine itself, now that it is on another worker
    And what is outside the cluster answers the pods on workers, too

  @ac-2.6 @needs-everything
  Scenario: A container that fails three probes in a row is restarted
    Given a server pod on each worker with a liveness probe every second
    And pods on each worker with a liveness probe that hangs
    When the server pods' liveness probes start to fail
    Then three failures are recorded and the container is restarted once
    And the pod is Ready again
    And a hanging probe also counts as a failure, and the container is restarted
    And each container of the platform's services has a liveness probe with the required threshold, rendered and running
    And no liveness probe of the cluster's own components or of Argo CD takes long to restart a hanging container
    And no pod is restarted repeatedly by its liveness probe

  @ac-2.7 @needs-database @needs-redis
  Scenario: The logs of a pod can be read through the API
    Given a crashing pod on each worker
    When a pod on each worker writes 1200 log lines
    Then the API returns all 1200 lines of each
    And kubectl returns the last 1000 of them
    And the API returns the log of a system pod on every node
    And each API server by itself returns a line of a pod's log
    And the logs of the platform's stores, if deployed, are not empty, and the database keeps none in files
    And the API returns the logs of the crashed containers
    And every kubelet keeps each container's last terminated instance

  @ac-2.8 @disruptive @disturbs-control-plane
  Scenario: The cluster keeps working with one control plane down
    Given every control plane answers at the API's address
    And each API server's certificate is for the address at which machines join
    And no API server's certificate is about to expire
    And none of the control planes' other certificates is about to expire
    And each etcd member stores its data on disk and soon elects a new leader
    And every control plane runs the same components
    And all control planes are configured alike, so that any of them can take over
    And each control plane has its own etcd, which is a voting member
    And all etcd members are connected to each other
    And no machine depends solely on another machine's API server
    And each machine would come back after a reboot as it runs now
    And the cluster's DNS servers run on more than one machine
    And a server pod behind a ClusterIP Service
    And each new connection to the API's own Service is answered
    And a client continuously writes to the API
    When a control plane is lost for 20 seconds under that load
    Then writes resume within 30 seconds
    And a Deployment created during the outage has a running pod that resolves a Service by name
    And no acknowledged write is lost
