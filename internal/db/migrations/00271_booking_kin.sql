-- +goose Up
-- Parts and wholes of what is booked are looked up when conflicts are: relations
-- change after a booking.
DELETE FROM booking_items WHERE kin;
ALTER TABLE booking_items DROP COLUMN kin;
