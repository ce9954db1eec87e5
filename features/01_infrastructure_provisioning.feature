Feature: Infrastructure provisioning
  OpenTofu creates machines, network, disks and a load balancer, and removes them again.

  Background:
    Given the infrastructure that OpenTofu applied

  @ac-1.1 @system-AWS
  Scenario: Three or more control-plane machines run
    Then at least 3 control-plane machines run
    And each of them is a node of the cluster with the role control-plane

  @ac-1.2 @system-AWS
  Scenario: Two or more worker machines run
    Then at least 2 worker machines run
    And each of them is a node of the cluster with the role worker

  @ac-1.3 @system-AWS
  Scenario: Every control-plane machine has 2 CPU cores and 4 GB of memory
    Then every control-plane machine has at least 2 cores and 4 GB of its own

  @ac-1.4 @system-AWS
  Scenario: Every worker machine has 2 CPU cores and 8 GB of memory
    Then every worker machine has at least 2 cores and 8 GB of its own

  @ac-1.5 @system-AWS
  Scenario: The machines talk to each other on a private network of their own
    Then the network belongs to this platform alone
    And every machine has its address in the private subnet
    And a pod on each worker gets what is large through to one on each other worker, and back
    And each machine reaches the kubelet of each other one at that address, with what is large, too

  @ac-1.6 @system-K3s
  Scenario: K3s was installed without anyone logging in
    Then every control-plane machine reports K3s that provisioning installed

  @ac-1.7 @system-K3s
  Scenario: Workers joined with the join token of the control plane
    Then each worker asked for its certificate with the join token
    And the API accepts that token
    And whoever has that token may ask for a machine's certificate
    And what a new machine learns with that token leads every worker to the API
    And the API refuses a wrong join token

  @ac-1.8 @system-AWS @needs-traefik
  Scenario: There is a load balancer with an address
    Then the load balancer runs and accepts connections on both ports

  @ac-1.9 @system-AWS @disruptive @disturbs-traefik
  Scenario: The load balancer passes ports 80 and 443 on to the workers
    Given something answers on ports 80 and 443 of every worker
    Then each worker answers over HTTP and HTTPS while it is the only one behind the load balancer
    And each does so beside others who hold connections open
    And the load balancer lets in as many as come
    And it hangs up on nobody who pauses for less than 60 seconds, as Traefik does not
    And it misses a worker that is gone within 10 seconds, and leaves nobody with it until then
    And all workers are behind the load balancer again
    And each of them is given as many connections as the others

  @ac-1.10 @system-AWS @needs-database @needs-redis
  Scenario: Persistent volumes for database and Redis lie on disks of their own
    When a pod on each worker writes to a persistent volume of each class
    Then what was written is on the disk that the infrastructure made for it
    And database and Redis, where they are deployed, claim volumes of their own class and have them
    And production claims 100 GB for each member of the database and 20 GB for Redis

  @ac-1.11
  Scenario: The outputs name a kubeconfig that works
    Then the kubeconfig exists and only its owner may read it
    And kubectl reads the nodes with nothing but that kubeconfig
    And no certificate in it is about to end

  @ac-1.12 @system-AWS @disruptive @exclusive_platform @last @disturbs-everything
  Scenario: Destroy removes everything and leaves nothing behind
    Given the engine lists what belongs to the platform
    When the infrastructure is destroyed
    Then nothing of it is left
