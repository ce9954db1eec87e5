Feature: Rollback of a broken version
  A version that never becomes ready is pushed; users notice nothing, operators do.

  @plan-22.5 @disruptive @disturbs-backend-service @needs-backend-service
  Scenario: A broken backend is Degraded while the old one serves, and is rolled back
    Given auto-sync of "backend-service" is on
    And "https://api.{domain}/health" is asked all the time
    When a version of it that never becomes ready is pushed
    Then its Application becomes Degraded and says why
    And its old pods are still there
    When auto-sync is switched off and the operator rolls back
    Then its pods run what that commit says, and stay with it
    And its record names that commit
    And its Application is Healthy again
    When the operator reverts the commit in Git and switches auto-sync on again
    Then its Application is shown as Synced and Healthy at the last commit
    And its pods are of the version before
    And no request was lost
