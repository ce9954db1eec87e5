Feature: Health of a service
  What the plan verifies beyond the criteria: a service that loses a dependency reports that it is unhealthy.

  # It stops no service, but adds firewall rules on the machines.
  @plan-15.10 @system-Services @disruptive @disturbs-auth-service @disturbs-backend-service
  Scenario Outline: A service that has lost a dependency is unhealthy until the dependency is back
    Given the database is deployed
    And Redis is deployed
    And <service> is deployed
    And a wallet that signed in from a pod
    And a healthy copy of it
    When the copy is cut off from <needed>, so that <how>
    Then its clients get an error within 15 seconds when they need that dependency
    And its health endpoint answers with a status other than 200
    When its process <does> meanwhile
    And the copy is no longer cut off
    Then its health endpoint answers with 200 again
    And it is ready

    Examples:
      | service     | needed                 | how                     | does        |
      | auth        | the database           | nothing answers         | runs on     |
      | auth        | Redis                  | connections are refused | runs on     |
      | auth        | Redis                  | nothing answers         | runs on     |
      | the backend | the database           | nothing answers         | runs on     |
      | auth        | the database and Redis | connections are refused | starts anew |
      | the backend | the database           | connections are refused | starts anew |
