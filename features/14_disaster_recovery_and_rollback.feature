Feature: Disaster recovery and rollback
  A bad change can be taken back, and users notice neither the change nor its taking back.

  @ac-14.1 @disruptive @disturbs-backend-service @needs-backend-service @needs-auth-service
  Scenario: A bad rollout can be undone
    Given every service keeps earlier versions to return to, here and in production
    And auto-sync of "backend-service" is off
    And "https://api.{domain}/health" is asked all the time
    When an operator rolls out a version of it that never becomes ready
    Then its old pods are still there
    When the operator undoes the rollout
    Then it runs the version before, with all its replicas
    When requests for the host "api" that take 12 seconds to come are sent all the time
    And a copy of "auth-service" is deleted while requests that take 12 seconds to come are on their way
    And an operator rolls out another version of it, which all its pods run
    And the operator undoes the rollout
    Then all its pods run the version before again
    And each request that took seconds to come was answered
    And the copy that was deleted has answered each of its requests, too
    And no request was lost

  @ac-14.2 @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: A failed sync leaves the working version undisturbed
    Given Argo CD makes nothing anew that the API refuses to change, here and in production
    And auto-sync of "frontend-service" is on
    And "https://www.{domain}/" is asked all the time
    When a change that the API refuses is pushed for it
    Then its sync fails and says why
    And its pods are those from before, not restarted
    And no request was lost

  @ac-14.3 @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: An operator rolls back to an earlier commit of their choice
    Given auto-sync of "frontend-service" is off
    When two more versions of it are pushed and deployed, one after the other
    And the operator rolls back to the commit before both
    Then its pods run what that commit says, and stay with it
    And its record names that commit
    And each of the platform's Applications keeps its records, here and in production

  @ac-14.4 @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: A rollback loses no request
    Given every service starts new pods before old ones go, here and in production
    And every service's route asks another pod where one cannot be connected to, here and in production
    And auto-sync of "frontend-service" is off
    And another version of it is pushed and deployed
    And "https://www.{domain}/" is asked all the time
    When the operator rolls back to the commit before
    Then its pods run what that commit says, and stay with it
    And no request was lost
