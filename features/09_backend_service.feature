Feature: Backend service
  The backend answers GraphQL from the database, and asks auth who may see what is protected.

  Background:
    Given the backend is deployed

  @ac-9.1
  Scenario: The backend runs as two replicas or more
    Then at least 2 of its pods are ready, on different workers
    And each of these pods answers "/health" by itself

  @ac-9.2
  Scenario: JWT_SECRET comes from the Secret jwt-secret
    Then its pods take "JWT_SECRET" from the Secret "jwt-secret"
    And the process in each of its pods runs with that value

  @ac-9.3
  Scenario: DATABASE_URL comes from the Secret database-credentials
    Then its pods take "DATABASE_URL" from the Secret "database-credentials"
    And the process in each of its pods runs with that value

  @ac-9.4
  Scenario: AUTH_SERVICE_URL is http://auth-service:3001
    Then the process in each of its pods runs with "AUTH_SERVICE_URL" set to "http://auth-service:3001"

  @ac-9.5
  Scenario: The backend is served on port 4000 of the ClusterIP Service backend-service
    Then its Service is of type ClusterIP and has port 4000
    And a pod is answered at "http://backend-service:4000/health"

  @ac-9.6
  Scenario: GET /health is answered with 200
    Then GET "/health" is answered with 200

  @ac-9.7
  Scenario: A GraphQL query is executed against the database
    Given a product that was written to the database a moment ago
    Then a GraphQL query for the products finds it
    When the product is deleted from the database
    Then a GraphQL query for the products does not find it

  @ac-9.8
  Scenario: A bearer JWT is checked by a call to auth
    Given a wallet that signed in
    When it asks for the protected query
    Then auth was asked by the backend to validate its JWT
    And the backend logged that auth said yes

  @ac-9.9
  Scenario Outline: When auth says no the client gets the error Unauthorized
    Given a wallet that signed in
    When the protected query is asked for with <token>
    Then the answer is the GraphQL error "Unauthorized", without data

    Examples:
      | token                            |
      | no JWT                           |
      | its JWT with another subject     |
      | its JWT with another signature   |
      | a JWT that expired               |
      | a JWT signed with another secret |
      | a JWT with the algorithm none    |

  @ac-9.10
  Scenario: When auth says yes the query runs and its data comes back
    Given a wallet that signed in
    When it asks for the protected query
    Then the answer has the query's data, without errors

  @ac-9.11 @disruptive
  Scenario: When auth cannot be reached the client gets 503
    Given a wallet that signed in
    When it asks for the protected query
    Then the answer has the query's data, without errors
    When auth refuses connections from the backend
    Then the protected query is answered with 503
    And a query that needs no authentication is answered with 200
    When auth takes connections again
    Then the protected query is answered with 200
