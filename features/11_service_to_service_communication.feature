@system-Services @needs-backend-service
Feature: Service-to-service communication
  The backend reaches auth by name, quickly, with a secret that both share, and says so when it does not.

  Background:
    Given the backend is deployed

  @ac-11.1 @writes-to-users
  Scenario: The backend reaches auth by the Service's DNS name
    Given a wallet that signed in
    Then the name that the backend calls leads its pods to the Service auth-service
    And its pods find names by the cluster's DNS alone
    When it asks for the protected query
    Then each answer has the query's data, without errors
    Given a copy of the backend that calls an auth service by its Service's name
    Then the copy asks the auth service that is at that name, and answers as it says: Unauthorized
    When that Service gets another address
    Then the copy asks the auth service that is at that name, and answers as it says: Unauthorized

  @ac-11.2 @quiet
  Scenario: A validate call is answered within 100 milliseconds
    Given a wallet that signed in
    When its JWT is validated 300 times from the machine of each backend pod, one after another and several at once
    Then each call was answered with 200, and 95 of 100 within 100 milliseconds, at each pod
    And 99 of 100 of them within 1000 milliseconds, at each pod
    When a JWT that expired is validated 40 times from there, one after another
    Then each of these was answered, too, and 95 of 100 within 100 milliseconds, at each pod

  @ac-11.3
  Scenario: Auth accepts a JWT that the backend signed
    When each backend pod's JWT_SECRET signs a JWT
    Then auth accepts each of them
    And auth refuses the same claims signed with another secret

  @ac-11.4 @disruptive @disturbs-backend-service
  Scenario: Whenever the network between backend and auth is cut the backend logs it and answers 503
    Given a wallet that signed in
    When it asks for the protected query
    Then each answer has the query's data, without errors
    When the network between backend and auth is cut
    Then the protected query is answered with 503 everywhere, all the time
    And each backend pod logged that it cannot reach auth
    When the network is mended
    Then the protected query is answered with 200 again
    When the network between backend and auth is cut
    Then the protected query is answered with 503 by each backend pod
    And each backend pod logged that it cannot reach auth
    When the network is mended
    Then the protected query is answered with 200 again
