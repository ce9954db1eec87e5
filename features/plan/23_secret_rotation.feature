Feature: Secret rotation
  A secret is replaced while the platform runs; what was signed with the old one is worthless afterwards, and what the
  database keeps is still there.

  @plan-23.10 @disruptive @disturbs-everything
  Scenario: After a rotation of the JWT secret old tokens are refused and the new flow works
    Given a wallet that signed in over HTTPS, with a token that is accepted
    And the database is deployed
    And a record among many that were written to the database a moment ago
    And a wallet that signed in
    When half of its token's life has passed
    And a new JWT secret is sealed, committed to Git and applied
    And auth and the backend are restarted
    Then the token from before the rotation is refused
    And a new sign-in gets a token that auth and the backend accept
    And the database has the token of that wallet still, until the same time
    And the public query finds that record, over HTTPS, by the Service and by each pod
