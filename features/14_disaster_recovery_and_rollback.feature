Feature: Disaster recovery and rollback
  A bad change can be rolled back, and users notice neither the change nor the rollback.

  @ac-14.1 @disruptive @disturbs-backend-service @needs-backend-service @needs-auth-service
  Scenario: A bad rollout can be undone
    Given every service keeps previous versions to roll back to, here and in production
    And auto-sync of "backend-service" is off
    And "https://api.{domain}/health" is requested continuously
    When an operator rolls out a version of it that never becomes ready
    Then its old pods are still there
    When the operator undoes the rollout
    Then it runs the previous version with all its replicas
    When requests to the host "api" that take 12 seconds to arrive are sent continuously
    And a copy of "auth-service" is deleted while requests that take 12 seconds to arrive are in flight
    And an operator rolls out another version of it to all its pods
    And the operator undoes the rollout
    Then all its pods run the previous version again
    And every slow request was answered
    And the deleted copy also answered each of its requests
    And no request was lost

  @ac-14.2 @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: A failed sync leaves the working version undisturbed
    Given Argo CD does not recreate objects that the API refuses to change, here and in production
    And auto-sync of "frontend-service" is on
    And "https://www.{domain}/" is requested continuously
    When a change that the API rejects is pushed for it
    Then its sync fails and reports the reason
    And its pods are the same as before and have not restarted
    And no request was lost

  @ac-14.3 @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: An operator rolls back to an earlier commit of their choice
    Given auto-sync of "frontend-service" is off
    When two more versions of it are pushed and deployed, one after the other
    And the operator rolls back to the commit before both
    Then its pods run the version of that commit and stay on it
    And its sync record names that commit
    And each of the platform's Applications keeps its sync records, here and in production
    And the commit of each of their records is still in the repository

  @ac-14.4 @disruptive @disturbs-frontend-service @needs-frontend-service
  Scenario: A rollback loses no request
    Given every service starts new pods before it stops old ones, here and in production
    And every service's route retries another pod if a connection to one fails, here and in production
    And auto-sync of "frontend-service" is off
    When a copy of "frontend-service" is deleted while requests for a page take 12 seconds to arrive
    Given another version of it is pushed and deployed
    And "https://www.{domain}/" is requested continuously
    When the operator rolls back to the previous commit, as the handbook says
    Then its pods run the version of that commit and stay on it
    And no request was lost
    And the deleted copy also answered each request for a page
