Feature: Secret rotation
  A secret is replaced while the platform runs; what was signed with the old one is worthless afterwards.

  @plan-23.10 @disruptive @disturbs-everything
  Scenario: After a rotation of the JWT secret old tokens are refused and the new flow works
    Given a wallet that signed in over HTTPS, with a token that is accepted
    When a new JWT secret is sealed, committed to Git and applied
    And auth and the backend are restarted
    Then the token from before the rotation is refused
    And a new sign-in gets a token that auth and the backend accept
