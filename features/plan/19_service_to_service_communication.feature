Feature: Service-to-service communication
  What the plan verifies beyond the criteria: requests that no well-behaved client sends.

  # It stops no service, but keeps all of them busy and uses up the rate limit of its own address.
  @plan-19.3 @system-Services @disruptive @disturbs-auth-service @disturbs-backend-service @disturbs-frontend-service
  Scenario: Malformed requests break nothing, and malformed tokens are rejected
    Given the services' routes are deployed
    When each public endpoint is sent at least 100 malformed requests
    Then each was answered with 2xx, 3xx or 4xx
    And no malformed bearer token is accepted
    And signed JWTs without a subject, or with an odd one, break nothing
