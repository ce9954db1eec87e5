@system-Services @needs-backend-service
Feature: Service-to-service communication
  The backend reaches auth by name and quickly, shares a JWT secret with it, and reports when auth is unreachable.

  Background:
    Given the backend is deployed

  @ac-11.1 @writes-to-users
  Scenario: The backend reaches auth by the Service's DNS name
    Given a wallet that signed in
    Then the name that the backend calls resolves to the Service auth-service in its pods
    And its pods resolve names only through the cluster's DNS
    When it sends the protected query
    Then each answer has the query's data and no errors
    Given a copy of the backend that calls an auth service by its Service name
    Then the copy calls the auth service at that name and answers accordingly: Unauthorized
    When that Service gets a new address
    Then the copy calls the auth service at that name and answers accordingly: Unauthorized

  @ac-11.2 @quiet
  Scenario: A validate call is answered within 100 milliseconds
    Given a wallet that signed in
    When its JWT is validated 300 times from each backend pod's node, sequentially and concurrently
    Then each call was answered with 200, and 95 percent within 100 milliseconds at each pod
    And 99 percent of all calls were answered within 1000 milliseconds at each pod
    And of 300 validate calls no more than 1 percent take over 120 milliseconds, nor over 250, beyond what auth's health does
    And the backend itself needs at most 100 milliseconds more for a query that auth has to allow
    And auth needs at most 100 milliseconds more for a JWT that it has never seen before
    When an expired JWT is validated 40 times from there, sequentially
    Then each of these calls was also answered, and 95 percent within 100 milliseconds at each pod

  @ac-11.3
  Scenario: Auth accepts a JWT that the backend signed
    When a JWT is signed with each backend pod's JWT_SECRET
    Then auth accepts each of them
    And auth rejects the same claims signed with another secret

  @ac-11.4 @disruptive @disturbs-backend-service
  Scenario: Whenever the network between backend and auth is cut, the backend logs it and answers 503
    Given a wallet that signed in
    When it sends the protected query
    Then each answer has the query's data and no errors
    When the network between backend and auth is cut
    Then the protected query is consistently answered with 503 at every endpoint
    And the forms in which clients send it are answered with 503 over HTTPS, too
    And each backend pod logged that it cannot reach auth
    When the network is restored
    Then the protected query is answered with 200 again
    When auth refuses the backend's connections
    Then the protected query is answered with 503 by each backend pod
    And each backend pod logged that it cannot reach auth
    When auth accepts connections again
    Then the protected query is answered with 200 again
