Feature: Handbooks
  The commands in the handbooks work as written and leave the platform as it was.

  @plan-25.2
  Scenario Outline: The handbooks' non-disruptive commands work as written
    Given the platform's five Applications
    And the database is deployed
    And a copy of this project in which to follow a handbook
    When every non-disruptive command of "<handbook>" is run in it
    Then each of them succeeds
    And what they show is there, and backups contain the services' tables
    And a block of each subtask of "<handbook>" was run
    And the platform is as it was before

    Examples:
      | handbook           |
      | operations.md      |
      | developer-guide.md |

  @plan-25.8 @disruptive @disturbs-everything
  Scenario: A service is scaled out through Git and its pods are drained from a worker, with no request lost
    Given disruption budgets neither block the drain of a worker nor let it take all pods, here and in production
    And no service's pods wait for a worker that is drained, here and in production
    And auto-sync of "backend-service" is off
    And "https://api.{domain}/health" is requested continuously
    When 3 replicas of it are committed to Git
    Then 3 pods of it are ready, spread over all workers
    When a worker with pods of it is cordoned and those pods are evicted
    Then 3 pods of it are ready, none of them on that worker
    When another version of it is pushed meanwhile
    Then 3 pods of it are ready, none of them on that worker
    And no request was lost
