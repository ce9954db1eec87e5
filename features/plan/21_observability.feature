Feature: Observability
  What the plan looks at beyond the criteria.

  @plan-21.10
  Scenario: The use of nodes and pods is shown
    Given metrics-server runs
    Then "kubectl top" shows the use of every node
    And "kubectl top" shows the use of pods
