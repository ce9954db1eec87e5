Feature: Rollback of a broken version
  A version that never becomes ready is pushed. Operators notice it, users do not.

  @plan-22.5 @disruptive @disturbs-backend-service @needs-backend-service
  Scenario: A broken backend is Degraded while the old one serves, and is rolled back
    Given auto-sync of "backend-service" is on
    And "https://api.{domain}/health" is requested continuously
    When a version of it that never becomes ready is pushed
    Then its Application becomes Degraded and reports the reason
    And its old pods are still there
    When the operator switches auto-sync off and rolls back, as the handbook says
    Then its pods run the version of that commit and stay on it
    And its sync record names that commit
    And its Application is Healthy again
    When the operator reverts the commit in Git and switches auto-sync on again, as the handbook says
    Then its Application is shown as Synced and Healthy at the latest commit
    And its pods run the previous version
    And no request was lost
