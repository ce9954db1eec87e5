Feature: Health of a service
  What the plan verifies beyond the criteria: a service that lost what it needs says so, and gets no clients.

  # It takes no service away, but puts rules on the machines.
  @plan-15.10 @system-Services @disruptive @disturbs-auth-service @disturbs-backend-service
  Scenario Outline: A service that has lost what it needs is not healthy until it has it again
    Given the database is deployed
    And Redis is deployed
    And <service> is deployed
    And a copy of it that is healthy
    When the copy is cut off from <needed>, so that <how>
    Then whoever needs that of it is told of an error within 15 seconds
    And its health is told otherwise than with 200
    When the copy is no longer cut off
    Then its health is told with 200 again

    Examples:
      | service     | needed       | how                     |
      | auth        | the database | nothing answers         |
      | auth        | Redis        | connections are refused |
      | the backend | the database | nothing answers         |
