-- The five roles of a Stockpot database, least privilege first. Run once by a superuser, with psql variables
-- owner_password, app_password, pipeline_password, analyst_password and reader_password; then create database stockpot owner stockpot_owner.
--   stockpot_owner     owns the operational tables and runs migrations; never serves a request
--   stockpot_app       the operational service: may append to the ledger, never change it
--   stockpot_pipeline  reads operational tables, owns raw_*, staging, intermediate and marts
--   analyst            reads marts, nothing else
--   stockpot_reader    the dashboards: reads in marts the rows of the locations in the claim that it shows, nothing else
create role stockpot_owner login password :'owner_password' createrole;
create role stockpot_app login password :'app_password';
create role stockpot_pipeline login password :'pipeline_password';
create role analyst login password :'analyst_password';
create role stockpot_reader login password :'reader_password';
