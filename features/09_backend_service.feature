@system-Services @needs-backend-service
Feature: Backend service
  The backend answers GraphQL queries from the database and asks auth to validate tokens for protected data.

  Background:
    Given the backend is deployed

  @ac-9.1
  Scenario: The backend runs as two or more replicas
    Then at least 2 of its pods are ready on different workers
    And nothing can scale it below 2 replicas, here and in production
    And each of these pods answers "/health" individually

  @ac-9.2
  Scenario: JWT_SECRET comes from the Secret jwt-secret
    Then its pods take "JWT_SECRET" from the Secret "jwt-secret"
    And the process in each of its pods runs with that value

  @ac-9.3
  Scenario: DATABASE_URL comes from the Secret database-credentials
    Given the database is deployed
    Then its pods take "DATABASE_URL" from the Secret "database-credentials"
    And the process in each of its pods runs with that value
    And its pods have sessions in the database only as that URL says
    And a copy of it whose "DATABASE_URL" leads to nobody is not ready, and one with its own is

  @ac-9.4
  Scenario: AUTH_SERVICE_URL is http://auth-service:3001
    Then the process in each of its pods runs with "AUTH_SERVICE_URL" set to "http://auth-service:3001"
    And production sets "AUTH_SERVICE_URL" to "http://auth-service:3001", too

  @ac-9.5
  Scenario: The backend is served on port 4000 of the ClusterIP Service backend-service
    Then its Service is of type ClusterIP and has port 4000
    And in production its Service is of that type, leads to its pods, and has port 4000
    And production runs "backend-service" as it was proven here
    And a pod on each worker gets an answer from "http://backend-service:4000/health"

  @ac-9.6
  Scenario: GET /health is answered with 200
    Then GET "/health" is answered with 200, over HTTPS, by the Service and by each pod
    And 8 concurrent requests for "/health" are each answered with 200, at every endpoint

  @ac-9.7
  Scenario: A GraphQL query is executed against the database
    Given the database is deployed
    And a record that was just written to the database
    Then the public query finds that record, over HTTPS, through the Service and at each pod
    And the public query also finds it when the query is 8 KiB long
    And the public query also finds it with the headers and bodies that clients send
    And the public query also finds a second record with the same text, at every endpoint
    When the database terminates the idle sessions of a copy of the backend
    Then the public query finds that record there
    When 60 days have passed since the record was written
    Then the public query finds that record, over HTTPS, through the Service and at each pod
    When the record is changed in the database
    Then the public query finds that record, over HTTPS, through the Service and at each pod
    When the record is deleted from the database
    Then the public query does not find that record, over HTTPS, through the Service and at each pod

  @ac-9.8 @writes-to-users
  Scenario Outline: A bearer JWT is checked by a call to auth
    Given a wallet that signed in
    And a copy of the backend whose auth service says <word>
    When the protected query is sent to the copy several times with <token>
    Then that auth service is asked to validate it each time
    And the copy answers as that auth service says: <answer>

    Examples:
      | word               | token                            | answer                                    |
      | no                 | its JWT                          | Unauthorized                              |
      | no with status 200 | its JWT                          | Unauthorized                              |
      | yes                | a JWT signed with another secret | with the data of the wallet that it names |

  @ac-9.9
  Scenario Outline: When auth says no, the client gets the error Unauthorized
    Given a wallet that signed in
    When the protected query is sent with <token>
    Then each answer is the GraphQL error "Unauthorized", without data
    And other forms of the query, such as GET, get no data with <token> either
    And a header without a bearer token is answered with Unauthorized, too
    And headers that name a user get no data with <token> either, from the backend or from auth

    Examples:
      | token                            |
      | no JWT                           |
      | its JWT with another subject     |
      | its JWT with another signature   |
      | a JWT that expired               |
      | a JWT that never expires         |
      | a JWT that is not valid yet      |
      | a JWT signed with another secret |
      | a JWT with the algorithm none    |

  @ac-9.10
  Scenario: When auth says yes, the query runs and its data comes back
    Given the database is deployed
    And a wallet that signed in
    And a record that was just written to the database
    When it sends the protected query
    Then each answer has the query's data and no errors
    And each answer is for this wallet, and another wallet's for that one
    And the query's data has the number of records in the database, at every endpoint
    When the record is deleted from the database
    Then the query's data has the number of records in the database, at every endpoint
    And this also holds while both wallets send queries concurrently
    And no browser may keep that data for its next user, where the query is sent by GET
    And no component that forwarded or validated its JWT has logged it
    When it sends the protected query with the headers and bodies that clients send
    Then each answer has the query's data and no errors
    When it sends the protected query with a 4 KiB JWT that auth accepts
    Then each answer has the query's data and no errors
    And each answer is for this wallet, and another wallet's for that one

  @ac-9.11 @disruptive @disturbs-backend-service
  Scenario: When auth cannot be reached, the client gets 503
    Given a wallet that signed in
    When it sends the protected query
    Then each answer has the query's data and no errors
    When auth refuses connections from the backend
    Then the protected query is consistently answered with 503 at every endpoint
    And the forms in which clients send it are answered with 503 over HTTPS, too
    And its pods pass their probes throughout, and stay ready
    And the public query is answered with 200 at every endpoint
    And 300 protected queries, 32 at once, are answered with 503 by each backend pod
    When auth accepts connections again
    Then the protected query is answered with 200 again
    And a copy of the backend whose auth returns 503 or 500, never answers, or hangs up responds with 503
    And a copy whose auth has an unresolvable name responds with 503
    And a copy whose auth neither accepts nor rejects the token returns no protected data
