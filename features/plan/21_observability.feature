Feature: Observability
  What the plan verifies beyond the criteria.

  @plan-21.10
  Scenario: The resource usage of nodes and pods is shown
    Given metrics-server runs
    Then "kubectl top" shows the resource usage of every node
    And "kubectl top" shows the resource usage of pods
    And production runs "metrics-server" as it was proven here
