Feature: Handbooks
  What the handbooks tell people to type works as it is written, and leaves the platform as it was.

  @plan-25.2
  Scenario Outline: The commands of the handbooks that disturb nobody work as they are written
    Given the platform's five Applications
    And a copy of this project, for whoever follows a handbook
    When every command of "<handbook>" that disturbs nobody is typed in it
    Then each of them ended well
    And the platform is as it was before

    Examples:
      | handbook           |
      | operations.md      |
      | developer-guide.md |

  @plan-25.8 @disruptive @disturbs-everything
  Scenario: A service is scaled out by Git, and a worker is emptied of its pods, with no request lost
    Given no disruption budget keeps a worker from being emptied, here and in production
    And auto-sync of "backend-service" is off
    And "https://api.{domain}/health" is asked all the time
    When 3 replicas of it are committed to Git
    Then 3 pods of it are ready, on every worker
    When a worker with pods of it is cordoned and drained of them
    Then 3 pods of it are ready, none of them on that worker
    When another version of it is pushed meanwhile
    Then 3 pods of it are ready, none of them on that worker
    And no request was lost
