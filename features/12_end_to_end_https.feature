Feature: End-to-end HTTPS access
  Users reach every service over HTTPS, by its name.

  Background:
    Given the services are routed

  @ac-12.1 @needs-frontend-service
  Scenario: https://www gives the home page
    When the page "/" is opened in a browser
    Then it is the page that the site has at "/", with its logo
    And what people see of it is not what they see of another page
    And all that it loads comes from the site, and works
    And it is answered the same way every time, with all that it loads
    And every visitor gets it, whatever their language, device or way here
    And whoever was here before asks for it again, to see what changed

  @ac-12.2 @needs-backend-service
  Scenario: https://api gives a GraphQL answer
    When a GraphQL query is sent to the host "api", time and again
    Then each answer is a GraphQL answer with data

  @ac-12.3 @needs-auth-service
  Scenario: https://auth/api/health gives 200
    When the path of its health is asked for at the host "auth"
    Then each answer is 200
    And each of them is answered by a pod of "auth-service", and by no other

  @ac-12.4 @system-LetsEncrypt
  Scenario: Every host has a certificate of the authority, with at least 60 days left
    Then the certificate of each host leads to the environment's authority
    And each has at least 60 days left
    And no route takes a host that no certificate is ordered for

  @ac-12.5
  Scenario Outline: Plain HTTP is redirected to HTTPS with 301
    When each path of the host "<host>" is asked for over plain HTTP
    Then GET is answered with 301 to the same host, path and query over HTTPS
    And no other method is answered in clear

    Examples:
      | host |
      | www  |
      | api  |
      | auth |
