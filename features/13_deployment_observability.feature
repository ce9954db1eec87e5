Feature: Deployment observability
  Argo CD and the cluster show what is deployed, whether it is healthy, and what went wrong.

  @ac-13.1
  Scenario: Synced or OutOfSync is shown for each Application
    Given the platform's five Applications
    And no object of the platform belongs to two Applications
    And no quota, limit or admission blocks a new pod of the platform or of what it runs on
    Then the UI shows each of them as Synced after a refresh
    And Argo CD's processes run with what their settings say now

  @ac-13.2
  Scenario: The health of each Application is shown
    Given the platform's five Applications
    Then the UI shows each of them as Healthy after a refresh
    And no custom health check in Argo CD's settings overrides an object's health, here and in production

  @ac-13.3
  Scenario: The deployed commit and its time are shown
    Given the platform's five Applications
    Then each of them shows the repository's latest commit as the one that it tracks
    And each of them shows which commit of the repository was deployed, and when

  @ac-13.4
  Scenario: Listing pods shows how many containers are ready
    Given the platform's five Applications
    And the restart count of each container
    Then kubectl shows for each pod how many of its containers are ready
    And every pod in every namespace is ready
    And none of their liveness probes has failed in the last minute
    And none of their containers restarts meanwhile or is in a crash loop

  @ac-13.5
  Scenario: The last 1000 lines of a pod's log can be read
    When a pod on each worker writes 100000 log lines
    Then kubectl returns the last 1000 of them
    And the last 1000 of 100000 lines stay readable while the kubelet checks whether to rotate the log
    And the log of every pod of the platform can be read
    And each API server by itself returns a line of a pod's log
    And no node rotates a log before it reaches 10 MiB
    And each pod of auth, the backend and the frontend logs something after a request

  @ac-13.6 @writes-to-users
  Scenario: A failed deployment shows its error message
    Given an Application for the repository "demo" with auto-sync off
    When a change that the API rejects is pushed to main and a sync is requested
    Then the UI shows the API's error message
    When a version that never becomes ready is pushed to main and a sync is requested
    Then the UI shows why its pods are not ready
    And its tree of objects has every object of the Application, down to those pods
    And Argo CD does not exclude the pods of any Application, here and in production
