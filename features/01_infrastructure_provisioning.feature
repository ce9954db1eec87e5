Feature: Infrastructure provisioning
  OpenTofu creates machines, network, disks and a load balancer, and removes them again.

  Background:
    Given the infrastructure that OpenTofu applied

  @ac-1.1 @system-AWS
  Scenario: Three or more control-plane machines run
    Then at least 3 control-plane machines run
    And each of them is a cluster node with the role control-plane

  @ac-1.2 @system-AWS
  Scenario: Two or more worker machines run
    Then at least 2 worker machines run
    And each of them is a cluster node with the role worker

  @ac-1.3 @system-AWS
  Scenario: Every control-plane machine has 2 CPU cores and 4 GB of memory
    Then every control-plane machine has at least 2 CPU cores and 4 GB of memory of its own

  @ac-1.4 @system-AWS
  Scenario: Every worker machine has 2 CPU cores and 8 GB of memory
    Then every worker machine has at least 2 CPU cores and 8 GB of memory of its own

  @ac-1.5 @system-AWS
  Scenario: The machines communicate over a private network of their own
    Then the network holds only this platform's resources
    And every machine's address is in the private subnet
    And a pod on each worker sends a payload larger than one packet to a pod on every other worker and gets it back
    And each machine reaches every other machine's kubelet at that address with a payload larger than one packet

  @ac-1.6 @system-K3s
  Scenario: K3s is installed without anyone logging in
    Then every control-plane machine reports K3s, installed by provisioning

  @ac-1.7 @system-K3s
  Scenario: Workers join with the control plane's join token
    Then each worker requested its certificate with the join token
    And the API knows each worker's kubelet by its machine's name
    And the API accepts that token
    And that token is authorized to create certificate signing requests
    And a machine reads with it the settings that a join takes
    And a certificate that a machine requests with it is approved and issued, and is deleted again
    And the controller managers give a machine what it needs when it joins, or returns after three days
    And every worker reaches the API at the address and with the CA that a new machine discovers with that token
    And what a new machine discovers is signed with a join token that is new, too
    And the API rejects a wrong join token

  @ac-1.8 @system-AWS @needs-traefik
  Scenario: There is a load balancer with an address
    Then the load balancer is running and accepts connections on both ports

  @ac-1.9 @system-AWS @disruptive @disturbs-traefik
  Scenario: The load balancer forwards ports 80 and 443 to the workers
    Given every worker has a server on ports 80 and 443
    Then the load balancer's container is not limited to less than half a core
    And each worker answers over HTTP and HTTPS as the load balancer's only backend
    And each still answers while other clients hold connections open
    And the load balancer sets no low limit on connections
    And it keeps connections open that are idle for less than 60 seconds, as Traefik does
    And it takes a lost worker out of rotation within 10 seconds and redispatches connections until then
    And all workers are back in the load balancer's rotation
    And it refuses nobody, and leads everybody to each worker alike
    And of 40 new connections at most 2 wait a second for an answer
    And each worker gets an equal share of the connections

  @ac-1.10 @system-AWS @needs-database @needs-redis
  Scenario: Persistent volumes for the database and Redis are on disks of their own
    When a pod on each worker writes to a persistent volume of each class
    Then the written data is on the disk that the infrastructure created for that class
    And the database and Redis, if deployed, have bound claims of their own storage class for every pod
    And each of their volumes is on the same disk as what the pods wrote
    And production claims at least 100 GB for each database member and 20 GB for Redis
    And production claims only volumes that its infrastructure has

  @ac-1.11
  Scenario: The outputs name a working kubeconfig
    Then the kubeconfig exists and only its owner can read it
    And kubectl lists all nodes using only that kubeconfig
    And no certificate in it is about to expire

  @ac-1.12 @system-AWS @disruptive @exclusive_platform @last @disturbs-everything
  Scenario: Destroy removes everything and leaves nothing behind
    Given the platform's resources are listed
    When the infrastructure is destroyed
    Then none of its resources are left
    And nothing without a label is left that is named after it, and no context of a kubeconfig
