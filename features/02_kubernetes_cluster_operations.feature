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
    When a pod asks for a claim
    Then the claim is Bound within 30 seconds
    And the pod writes to it

  @ac-2.4
  Scenario: The pods of a Deployment are spread over the workers
    When a Deployment with 3 replicas is created
    Then its pods run on more than one worker

  @ac-2.5
  Scenario: A Service has one stable address that every pod can reach
    Given a server pod behind a ClusterIP Service
    Then a pod on each worker reaches the Service by address and by name
    When the server pod is replaced
    Then the Service still has its address
    And a pod on each worker reaches the Service by address and by name

  @ac-2.6
  Scenario: A container that fails three probes in a row is restarted
    Given a server pod with a health probe every second
    When its health probe begins to fail
    Then three failures are recorded and the container is restarted once
    And the pod is Ready again

  @ac-2.7
  Scenario: The logs of a pod can be read through the API
    When a pod writes 1200 lines
    Then the API returns all 1200 lines
    And kubectl returns the last 1000 of them

  @ac-2.8 @disruptive
  Scenario: The cluster keeps working with one control plane down
    Given a client writes to the API all the time
    When a control plane is lost for 20 seconds under that load
    Then writes resume within 30 seconds
    And a pod that is created meanwhile runs
    And every acknowledged write is there
